import { TOKEN_PATTERN } from './token-claims.ts';
import { type Objection, objection, objectionsTo, type TokenParts } from './token-objections.ts';

/** What a token says. Header and claims are as found; the signature is not in it. */
export interface TokenExplanation {
  /** Undefined where the text is no token at all. */
  readonly header: Readonly<Record<string, unknown>> | undefined;
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** Since `nbf`; negative while the token is not yet valid; undefined without a numeric `nbf`. */
  readonly ageMs: number | undefined;
  /** Until `exp`; negative once expired; undefined without a numeric `exp`. */
  readonly expiresInMs: number | undefined;
  /** Empty for a token that the exchange would accept, as far as can be said without the public key. */
  readonly objections: readonly Objection[];
}

export interface ExplainOptions {
  /** The wall clock in milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
  /** How far that clock is ahead of the exchange's, in milliseconds. Default 0. */
  readonly skewMs?: number;
}

/** No token that a key makes comes near it. */
const TOKEN_LIMIT = 16_384;

/** Takes a token apart for people who look for the cause of an `authentication failure`. Never throws. */
export function explainToken(token: string, options: ExplainOptions = {}): TokenExplanation {
  const { clock = Date.now, skewMs = 0 } = options;
  const now = clock() - skewMs;
  const parts = partsOf(token);
  if (parts === undefined) {
    return {
      header: undefined,
      claims: undefined,
      ageMs: undefined,
      expiresInMs: undefined,
      objections: [objection('not-a-token', 'it is not three base64url parts with JSON in the first two')],
    };
  }
  const { nbf, exp } = parts.claims;
  return {
    header: parts.header,
    claims: parts.claims,
    ageMs: typeof nbf === 'number' ? now - nbf * 1000 : undefined,
    expiresInMs: typeof exp === 'number' ? exp * 1000 - now : undefined,
    objections: objectionsTo(parts, now),
  };
}

function partsOf(token: string): TokenParts | undefined {
  if (token.length > TOKEN_LIMIT || !TOKEN_PATTERN.test(token)) return undefined;
  const [first = '', second = '', third = ''] = token.split('.');
  const header = objectIn(first);
  const claims = objectIn(second);
  if (header === undefined || claims === undefined) return undefined;
  return { header, claims, signatureBytes: Buffer.from(third, 'base64url').length };
}

function objectIn(part: string): Record<string, unknown> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

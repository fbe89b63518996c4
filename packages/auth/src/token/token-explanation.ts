import { aFiniteNumber, aFunction, checkOptions } from '../model/auth-options.ts';
import { TOKEN_PATTERN } from './token-claims.ts';
import { objection, objectionsTo, type TokenParts } from './token-objections.ts';
import type { Objection } from '../model/objection.ts';

/** The contents of a token: header and claims as found, without the signature. */
export interface TokenExplanation {
  /** Undefined if the text is not a token. */
  readonly header: Readonly<Record<string, unknown>> | undefined;
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds since `nbf`; negative before it; undefined without a numeric `nbf`. */
  readonly ageMs: number | undefined;
  /** Milliseconds until `exp`; negative after it; undefined without a numeric `exp`. */
  readonly expiresInMs: number | undefined;
  /** Empty for a token that the exchange would accept, apart from its signature. */
  readonly objections: readonly Objection[];
}

export interface ExplainOptions {
  /** The wall clock in milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
  /** How far that clock is ahead of the exchange's, in milliseconds: any number but NaN and infinities. @default 0 */
  readonly skewMs?: number;
}

/** Characters; far longer than any real token. */
const TOKEN_LIMIT = 16_384;

/**
 * Explains a token, to find the cause of an `authentication failure`. Throws for no text.
 * @throws {AuthError} AUTH_OPTION_INVALID
 */
export function explainToken(token: string, options: ExplainOptions = {}): TokenExplanation {
  checkOptions(options, { clock: aFunction, skewMs: aFiniteNumber });
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

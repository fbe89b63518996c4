import { verify } from 'node:crypto';
import type { TrustedKey } from './api-key.ts';

/** What became of a token. `reason` is for the ledger: on the wire every refusal reads the same. */
export type TokenVerdict =
  | { readonly ok: true; readonly key: string; readonly nonce: string }
  | { readonly ok: false; readonly reason: TokenFault };

export type TokenFault =
  | 'malformed'
  | 'wrong-algorithm'
  | 'unknown-key'
  | 'wrong-subject'
  | 'wrong-issuer'
  | 'not-yet-valid'
  | 'expired'
  | 'wrong-signature'
  | 'no-nonce'
  | 'reused';

export interface TokenRules {
  readonly keys: readonly TrustedKey[];
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** How far clocks may differ. */
  readonly leewayMs: number;
  readonly allowReuse: boolean;
}

/** `cdp` is today's; the documentation's C# sample still shows the older one. */
const ISSUERS: ReadonlySet<unknown> = new Set(['cdp', 'coinbase-cloud']);
const REMEMBERED_NONCES = 100_000;

/**
 * Checks the token of a message: ES256 or EdDSA by the kind of the key, `kid`, `sub`, `iss`, `nbf`, `exp`,
 * and that its nonce is new. Tolerant where real clients differ: `typ` and `aud` do not matter, a nonce is
 * any string. Synchronous (node:crypto), so that a simulated run stays deterministic.
 */
export function createTokenCheck(rules: TokenRules): (token: string) => TokenVerdict {
  const nonces = new Set<string>();

  const remember = (nonce: string): void => {
    nonces.add(nonce);
    if (nonces.size <= REMEMBERED_NONCES) return;
    const [oldest = ''] = nonces;
    nonces.delete(oldest);
  };

  return (token) => {
    const parts = token.split('.');
    const [head = '', body = '', signature = ''] = parts;
    const header = readPart(head);
    const claims = readPart(body);
    if (parts.length !== 3 || header === undefined || claims === undefined)
      return { ok: false, reason: 'malformed' };

    const key = rules.keys.find(({ name }) => name === header.get('kid'));
    if (key === undefined) return { ok: false, reason: 'unknown-key' };
    const fault =
      faultOfSignature(header.get('alg'), `${head}.${body}`, signature, key) ??
      faultOfClaims(claims, key.name, rules);
    if (fault !== undefined) return { ok: false, reason: fault };

    const nonce = header.get('nonce');
    if (typeof nonce !== 'string' || nonce === '') return { ok: false, reason: 'no-nonce' };
    if (nonces.has(nonce) && !rules.allowReuse) return { ok: false, reason: 'reused' };
    remember(nonce);
    return { ok: true, key: key.name, nonce };
  };
}

function readPart(part: string): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function faultOfSignature(
  alg: unknown,
  signed: string,
  signature: string,
  { publicKey }: TrustedKey,
): TokenFault | undefined {
  const isEd25519 = publicKey.asymmetricKeyType === 'ed25519';
  if (alg !== (isEd25519 ? 'EdDSA' : 'ES256')) return 'wrong-algorithm';
  const good = verify(
    isEd25519 ? null : 'sha256',
    Buffer.from(signed),
    // A JWS carries r and s side by side, not in DER (RFC 7518, section 3.4).
    isEd25519 ? publicKey : { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  return good ? undefined : 'wrong-signature';
}

function faultOfClaims(
  claims: ReadonlyMap<string, unknown>,
  name: string,
  { wallNow, leewayMs }: TokenRules,
): TokenFault | undefined {
  if (claims.get('sub') !== name) return 'wrong-subject';
  if (!ISSUERS.has(claims.get('iss'))) return 'wrong-issuer';
  const from = claims.get('nbf');
  const until = claims.get('exp');
  if (typeof from !== 'number' || typeof until !== 'number') return 'malformed';
  const now = wallNow();
  if (from * 1000 > now + leewayMs) return 'not-yet-valid';
  if (until * 1000 <= now - leewayMs) return 'expired';
  return undefined;
}

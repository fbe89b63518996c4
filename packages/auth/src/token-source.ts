import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { AuthError } from './auth-error.ts';
import type { Key } from './key.ts';
import type { Algorithm } from './private-key.ts';
import { ISSUER, TOKEN_LIFE_SECONDS } from './token-claims.ts';

/** Makes a new token at each call. The client's port for tokens; call it right before each message. */
export type TokenSource = () => Promise<string>;

export interface TokenSourceOptions {
  /** The wall clock in milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
  /**
   * How far the local clock is ahead of the exchange's, in milliseconds (negative: behind); subtracted from the
   * clock. A number is your own word. A function is asked for each token, so that a measurement can arrive later; it
   * is a hint: more than five minutes either way is no measurement, and is left out. Default 0.
   */
  readonly skewMs?: number | (() => number);
}

/**
 * A source of WebSocket tokens: `alg` by the key, `kid` and `sub` its name, 128 random bits of `nonce`, `iss`
 * "cdp", `nbf` now in whole seconds, `exp` 120 s later, no `uri` and no `aud`. No token is stored or given twice.
 * The promise rejects with {@link AuthError} AUTH_CLOCK_INVALID where clock or skew is no finite number.
 */
export function createTokenSource(key: Key, options: TokenSourceOptions = {}): TokenSource {
  const { clock = Date.now, skewMs = 0 } = options;
  const { name, algorithm } = key;
  // The source keeps no more of the key than what signs: nothing can export it.
  const signingKey = key.privateKey.toCryptoKey(SIGNS_WITH[algorithm], false, ['sign']);
  return async () => {
    const now = clock() - (typeof skewMs === 'function' ? plausible(skewMs()) : skewMs);
    const nbf = Math.floor(now / 1000);
    if (!Number.isSafeInteger(nbf) || nbf < 0) {
      throw new AuthError('AUTH_CLOCK_INVALID', { found: `${now} ms since 1970` });
    }
    return new SignJWT({ sub: name, iss: ISSUER, nbf, exp: nbf + TOKEN_LIFE_SECONDS })
      .setProtectedHeader({
        alg: algorithm,
        typ: 'JWT',
        kid: name,
        nonce: randomBytes(16).toString('hex'),
      })
      .sign(signingKey);
  };
}

/** What Web Cryptography calls the two algorithms. */
const SIGNS_WITH = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
} as const satisfies Record<Algorithm, object>;

/** The most that clocks which mean the same time may differ by. */
const MOST_SKEW_MS = 300_000;

const plausible = (skewMs: number): number => (Math.abs(skewMs) <= MOST_SKEW_MS ? skewMs : 0);

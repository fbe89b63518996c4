import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { AuthError } from './auth-error.ts';
import type { Key } from './key.ts';
import { ISSUER, TOKEN_LIFE_SECONDS } from './token-claims.ts';

/** Makes a new token at each call. The client's port for tokens; call it right before each message. */
export type TokenSource = () => Promise<string>;

export interface TokenSourceOptions {
  /** The wall clock in milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
  /**
   * How far the local clock is ahead of the exchange's, in milliseconds (negative: behind); subtracted from the
   * clock. A function is asked for each token, so that a measurement can arrive later. Default 0.
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
  return async () => {
    const now = clock() - (typeof skewMs === 'function' ? skewMs() : skewMs);
    const nbf = Math.floor(now / 1000);
    if (!Number.isSafeInteger(nbf) || nbf < 0) {
      throw new AuthError('AUTH_CLOCK_INVALID', { found: `${now} ms since 1970` });
    }
    return new SignJWT({ sub: key.name, iss: ISSUER, nbf, exp: nbf + TOKEN_LIFE_SECONDS })
      .setProtectedHeader({
        alg: key.algorithm,
        typ: 'JWT',
        kid: key.name,
        nonce: randomBytes(16).toString('hex'),
      })
      .sign(key.privateKey);
  };
}

import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { AuthError } from '../model/auth-error.ts';
import { aFiniteNumberOrFunction, aFunction, checkOptions } from '../model/auth-options.ts';
import type { Key } from '../key/key.ts';
import type { Algorithm } from '../key/private-key.ts';
import { ISSUER, TOKEN_LIFE_SECONDS } from './token-claims.ts';

/** Returns a new token per call; the client calls it right before each message. */
export type TokenSource = () => Promise<string>;

export interface TokenSourceOptions {
  /** The wall clock in milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
  /**
   * How far the local clock is ahead of the exchange's, in milliseconds (negative: behind); subtracted from the clock. Any
   * number but NaN and infinities, used as it is. A function is called for each token, so that a measurement can arrive later; its result is
   * a hint, and ignored beyond five minutes either way.
   * @default 0
   */
  readonly skewMs?: number | (() => number);
}

/**
 * Creates a source of WebSocket tokens: `alg` by the key, `kid` and `sub` its name, a `nonce` of 128 random bits, `iss`
 * "cdp", `nbf` now in whole seconds, `exp` 120 s later, no `uri` and no `aud`. No token is stored or returned twice.
 * The promise rejects with {@link AuthError} AUTH_CLOCK_INVALID if the clock returns no time since 1970.
 * @throws {AuthError} AUTH_OPTION_INVALID
 *
 * @example
 * ```ts
 * const token = createTokenSource(readKeyFile('cdp_api_key.json'));
 * console.log(await token());
 * ```
 */
export function createTokenSource(key: Key, options: TokenSourceOptions = {}): TokenSource {
  checkOptions(options, { clock: aFunction, skewMs: aFiniteNumberOrFunction });
  const { clock = Date.now, skewMs = 0 } = options;
  const { name, algorithm } = key;
  // The source keeps only a non-extractable key.
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

/** The Web Cryptography names of the two algorithms. */
const SIGNS_WITH = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
} as const satisfies Record<Algorithm, object>;

/** The largest plausible skew, in milliseconds. */
const MOST_SKEW_MS = 300_000;

const plausible = (skewMs: number): number => (Math.abs(skewMs) <= MOST_SKEW_MS ? skewMs : 0);

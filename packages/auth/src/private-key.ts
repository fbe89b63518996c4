import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { AuthError } from './auth-error.ts';

/** JWS algorithm names (RFC 7518, RFC 8037). The key decides which; nothing else does. */
export type Algorithm = 'ES256' | 'EdDSA';

/** @throws {AuthError} AUTH_WRONG_CURVE, AUTH_WRONG_TYPE */
export function algorithmOf(key: KeyObject): Algorithm {
  const type = key.asymmetricKeyType;
  if (type === 'ed25519') return 'EdDSA';
  if (type !== 'ec') throw new AuthError('AUTH_WRONG_TYPE', { type: type ?? 'a symmetric secret' });
  const curve = key.asymmetricKeyDetails?.namedCurve ?? 'a curve without a name';
  // OpenSSL signs "ES256" with any curve; the exchange then refuses with "authentication failure".
  if (curve !== 'prime256v1') throw new AuthError('AUTH_WRONG_CURVE', { curve });
  return 'ES256';
}

/**
 * The algorithm of a private key that can sign tokens.
 * @throws {AuthError} AUTH_PUBLIC_KEY, AUTH_WRONG_CURVE, AUTH_WRONG_TYPE, AUTH_KEY_MISMATCH
 */
export function checkPrivateKey(key: KeyObject): Algorithm {
  if (key.type === 'public') throw new AuthError('AUTH_PUBLIC_KEY', { found: 'a public KeyObject' });
  const algorithm = algorithmOf(key);
  if (!agreesWithItsPublicHalf(key, algorithm)) {
    throw new AuthError('AUTH_KEY_MISMATCH', {
      found: 'a public half that does not belong to the private half',
    });
  }
  return algorithm;
}

/** OpenSSL believes the public half that stands in an EC key; a mistyped key would sign for nobody. */
function agreesWithItsPublicHalf(key: KeyObject, algorithm: Algorithm): boolean {
  const digest = algorithm === 'ES256' ? 'sha256' : null;
  const probe = new Uint8Array(32);
  try {
    return verify(digest, probe, createPublicKey(key), sign(digest, probe, key));
  } catch {
    return false;
  }
}

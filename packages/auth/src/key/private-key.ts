import { createECDH, createPublicKey, type KeyObject } from 'node:crypto';
import { AuthError } from '../model/auth-error.ts';

/** JWS algorithm names (RFC 7518, RFC 8037), determined by the key alone. */
export type Algorithm = 'ES256' | 'EdDSA';

/** @throws {AuthError} AUTH_WRONG_CURVE, AUTH_WRONG_TYPE */
export function algorithmOf(key: KeyObject): Algorithm {
  const type = key.asymmetricKeyType;
  if (type === 'ed25519') return 'EdDSA';
  if (type !== 'ec') throw new AuthError('AUTH_WRONG_TYPE', { type: type ?? 'a symmetric secret' });
  const curve = key.asymmetricKeyDetails?.namedCurve ?? 'a curve without a name';
  // OpenSSL signs "ES256" with any curve, which the exchange rejects with "authentication failure".
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
  if (algorithm === 'ES256' && !agreesWithItsPublicHalf(key)) {
    throw new AuthError('AUTH_KEY_MISMATCH', {
      found: 'a private half that is out of range, or not that of the public half beside it',
    });
  }
  return algorithm;
}

/** The bytes before the private number in a SEC1 structure: the version, and the header of 32 bytes. */
const BEFORE_SCALAR = Buffer.of(0x02, 0x01, 0x01, 0x04, 0x20);

/**
 * OpenSSL trusts the public half stored in an EC key, and any private number: a mistyped key would make signatures that
 * nobody accepts. (The public half of Ed25519 is always computed.)
 */
function agreesWithItsPublicHalf(key: KeyObject): boolean {
  try {
    const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
    const coordinates = [x, y].map((text) => Buffer.from(text, 'base64url'));
    const structure = key.export({ format: 'der', type: 'sec1' });
    const curve = createECDH('prime256v1');
    const scalarAt = structure.indexOf(BEFORE_SCALAR) + BEFORE_SCALAR.length;
    curve.setPrivateKey(structure.subarray(scalarAt, scalarAt + 32));
    structure.fill(0);
    return curve.getPublicKey().equals(Buffer.concat([Buffer.of(0x04), ...coordinates]));
  } catch {
    // Zero, or above the order of the curve: OpenSSL cannot compute the public point.
    return false;
  }
}

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { AuthError } from '../model/auth-error.ts';
import { derShape } from './der.ts';
import { findPem } from './pem.ts';

/** Characters; far longer than any key. Longer text is rejected without a search. */
export const KEY_TEXT_LIMIT = 65_536;

const QUOTES: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['“', '”'],
  ['‘', '’'],
];

/** Strips a byte order mark, white space, and the quotes that copying and .env files add. */
export function unquote(text: string): string {
  let inner = text.trim();
  // Up to three levels: shell, .env file and JSON.
  for (let depth = 0; depth < 3; depth += 1) {
    const pair = QUOTES.find(([open, close]) => inner.startsWith(open) && inner.endsWith(close));
    if (pair === undefined || inner.length < 2) break;
    inner = inner.slice(1, -1).trim();
  }
  return inner;
}

/**
 * Parses a private key from any textual form in use: PEM (SEC1 or PKCS8; with CRLF, literal `\n`, quotes, or on one
 * line), the bare base64 body of a PEM, and base64 Ed25519. The caller checks whether it can sign tokens.
 * @throws {AuthError} AUTH_NOT_A_KEY, AUTH_PUBLIC_KEY, AUTH_ENCRYPTED_KEY, AUTH_WRONG_TYPE, AUTH_TRUNCATED_KEY,
 * AUTH_WRONG_LENGTH, AUTH_KEY_MISMATCH
 */
export function privateKeyFromText(text: string): KeyObject {
  if (text.length > KEY_TEXT_LIMIT) {
    throw new AuthError('AUTH_NOT_A_KEY', { found: `a text of more than ${KEY_TEXT_LIMIT} characters` });
  }
  // Neither base64 nor PEM labels contain backslashes: every one is an escape.
  const plain = unquote(text)
    .replaceAll(/\\{1,4}[rn]/g, '\n')
    .replaceAll(/\\{1,4}\//g, '/');
  if (plain === '') throw new AuthError('AUTH_NOT_A_KEY', { found: 'an empty text' });
  const pem = findPem(plain);
  if (pem !== undefined) return emptied(bytesFromBase64(pem), privateKeyFromDer);
  return emptied(bytesFromBase64(plain), (bytes) => {
    // Some secret stores encode a whole PEM file in base64 once more.
    const wrapped = findPem(bytes.toString('latin1'));
    return wrapped === undefined
      ? privateKeyFromBytes(bytes)
      : emptied(bytesFromBase64(wrapped), privateKeyFromDer);
  });
}

/** Passes key bytes to a function and then overwrites them. */
function emptied(bytes: Buffer, make: (bytes: Buffer) => KeyObject): KeyObject {
  try {
    return make(bytes);
  } finally {
    bytes.fill(0);
  }
}

function bytesFromBase64(text: string): Buffer {
  const compact = text.replaceAll(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/');
  const digits = compact.replace(/={1,2}$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(digits)) {
    throw new AuthError('AUTH_NOT_A_KEY', { found: 'a text that is neither PEM nor base64' });
  }
  if (digits.length % 4 === 1) {
    throw new AuthError('AUTH_TRUNCATED_KEY', {
      found: `base64 that ends inside a byte (${digits.length} digits)`,
    });
  }
  return Buffer.from(digits, 'base64');
}

function privateKeyFromBytes(bytes: Buffer): KeyObject {
  if (bytes.length === 32 || bytes.length === 64) return ed25519FromSecret(bytes);
  const shape = derShape(bytes);
  if (shape === 'not-der') throw new AuthError('AUTH_WRONG_LENGTH', { bytes: bytes.length });
  return privateKeyFromDer(bytes);
}

/** PKCS8 around an Ed25519 seed (RFC 8410, section 7). */
const ED25519_PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The form of the developer portal: a seed of 32 bytes, usually followed by the public key of 32 bytes. */
function ed25519FromSecret(secret: Uint8Array): KeyObject {
  const der = Buffer.concat([ED25519_PKCS8_PREFIX, secret.subarray(0, 32)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const publicHalf = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
  if (secret.length === 64 && !publicHalf.equals(secret.subarray(32))) {
    throw new AuthError('AUTH_KEY_MISMATCH', {
      found:
        '64 bytes whose second half is not the Ed25519 public key of the first (a secret of the old Exchange API also has 64 bytes)',
    });
  }
  return key;
}

function privateKeyFromDer(der: Buffer): KeyObject {
  const shape = derShape(der);
  switch (shape) {
    case 'sec1':
    case 'pkcs8':
      return parseDer(der, shape);
    case 'pkcs1':
      throw new AuthError('AUTH_WRONG_TYPE', { type: 'rsa' });
    case 'spki':
      throw new AuthError('AUTH_PUBLIC_KEY', { found: 'a public key structure' });
    case 'encrypted':
      throw new AuthError('AUTH_ENCRYPTED_KEY', { found: 'an encrypted PKCS8 structure' });
    case 'truncated':
      throw new AuthError('AUTH_TRUNCATED_KEY', { found: `${der.length} bytes of a longer structure` });
    case 'other':
    case 'not-der':
      throw new AuthError('AUTH_NOT_A_KEY', { found: `${der.length} bytes that are no key structure` });
  }
}

function parseDer(der: Buffer, type: 'sec1' | 'pkcs8'): KeyObject {
  try {
    return createPrivateKey({ key: der, format: 'der', type });
  } catch {
    throw new AuthError('AUTH_NOT_A_KEY', {
      found: `a ${type === 'sec1' ? 'SEC1' : 'PKCS8'} structure that OpenSSL can't read (damaged, or without a curve)`,
    });
  }
}

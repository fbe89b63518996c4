import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';

/** An API key that the exchange accepts, in the forms the developer portal hands out. */
export interface ExchangeKey {
  readonly name: string;
  readonly algorithm: 'ES256' | 'EdDSA';
  /** SEC1 for ES256 (`BEGIN EC PRIVATE KEY`), PKCS#8 for EdDSA. */
  readonly privateKeyPem: string;
  /** What the portal's JSON file holds: a PEM for ES256, base64 of seed and public key for EdDSA. */
  readonly json: { readonly name: string; readonly privateKey: string };
}

/** What verifies the tokens of one key. */
export interface TrustedKey {
  readonly name: string;
  /** P-256 or Ed25519. */
  readonly publicKey: KeyObject;
}

export interface GeneratedKey extends ExchangeKey, TrustedKey {}

/** A fresh key, as random as the machine can make it: keys do not come from the seed. */
export function generateKey(algorithm: ExchangeKey['algorithm']): GeneratedKey {
  const name = `organizations/${randomUUID()}/apiKeys/${randomUUID()}`;
  if (algorithm === 'ES256') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
    return { name, algorithm, publicKey, privateKeyPem: pem, json: { name, privateKey: pem } };
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const both = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]);
  return {
    name,
    algorithm,
    publicKey,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    json: { name, privateKey: both.toString('base64') },
  };
}

/** Takes a public key as PEM. */
export function trustKey(name: string, publicKeyPem: string): TrustedKey {
  return { name, publicKey: createPublicKey(publicKeyPem) };
}

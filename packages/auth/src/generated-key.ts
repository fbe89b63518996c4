import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type Key, type KeyOptions, readKey } from './key.ts';
import type { Algorithm } from './private-key.ts';

/** A new key with a random name in the portal's form: for tests and for the simulator, which knows no other. */
export function generateKey(
  algorithm: Algorithm,
  options: KeyOptions = {},
): { readonly key: Key; readonly publicKey: KeyObject } {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('ed25519');
  const name =
    options.name ??
    (algorithm === 'ES256' ? `organizations/${randomUUID()}/apiKeys/${randomUUID()}` : randomUUID());
  return { key: readKey(privateKey, { name }), publicKey };
}

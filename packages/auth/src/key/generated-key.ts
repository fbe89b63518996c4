import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { aString, checkOptions } from '../model/auth-options.ts';
import { type Key, type KeyOptions, readKey } from './key.ts';
import type { Algorithm } from './private-key.ts';

/**
 * Generates a key with a random name in the form of the developer portal, for tests and the simulator.
 * @throws {AuthError} AUTH_OPTION_INVALID, AUTH_NAME_INVALID
 */
export function generateKey(
  algorithm: Algorithm,
  options: KeyOptions = {},
): { readonly key: Key; readonly publicKey: KeyObject } {
  checkOptions(options, { name: aString });
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('ed25519');
  const name =
    options.name ??
    (algorithm === 'ES256' ? `organizations/${randomUUID()}/apiKeys/${randomUUID()}` : randomUUID());
  return { key: readKey(privateKey, { name }), publicKey };
}

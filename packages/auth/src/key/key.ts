import { KeyObject } from 'node:crypto';
import { AuthError } from '../model/auth-error.ts';
import { aString, checkOptions } from '../model/auth-options.ts';
import { decodeKeyBytes, readKeyFileText } from './key-file.ts';
import { KEY_TEXT_LIMIT, privateKeyFromText, unquote } from './key-text.ts';
import { type Algorithm, checkPrivateKey } from './private-key.ts';

/** A key that can sign tokens. The secret is inside the `KeyObject`, which prints and serialises as empty. */
export interface Key {
  /** `organizations/{org}/apiKeys/{id}` or the id alone: the token's `kid` and `sub`, verbatim. */
  readonly name: string;
  readonly algorithm: Algorithm;
  readonly privateKey: KeyObject;
}

/** The parsed content of a `cdp_api_key.json`: `name` for ECDSA keys, `id` for Ed25519 keys. */
export interface KeyDocument {
  readonly name?: string;
  readonly id?: string;
  readonly privateKey: string;
}

/**
 * A secret or a `cdp_api_key.json` as text or bytes, the parsed content of such a file, a `KeyObject`, or the path of a
 * key file.
 */
export type KeyInput =
  | string
  | Uint8Array
  | KeyObject
  | KeyDocument
  | { readonly json: string | KeyDocument }
  | { readonly path: string };

export interface KeyOptions {
  /** The key's name: required if the input has none, and takes precedence over it. @default that of the input */
  readonly name?: string;
}

/**
 * Reads a key in any form that docs/authentication.md lists. Text is limited to 65,536 characters and not kept.
 * @throws {AuthError} with a code for the problem, and without any part of the key
 *
 * @example
 * ```ts
 * const fromDocument = readKey({ json: process.env['CDP_KEY'] ?? '' });
 * const fromSecret = readKey(process.env['SECRET'] ?? '', { name: 'organizations/…/apiKeys/…' });
 * ```
 */
export function readKey(input: KeyInput, options: KeyOptions = {}): Key {
  checkKeyOptions(options);
  // First, so that swapped name and secret are reported as such.
  if (options.name !== undefined) checkName(options.name);
  if (typeof input === 'string') return keyFromText(input, options);
  if (input instanceof Uint8Array) return keyFromText(decodeKeyBytes(input), options);
  if (input instanceof KeyObject) return keyFrom(input, undefined, options);
  if (typeof input !== 'object' || input === null) {
    throw new AuthError('AUTH_NOT_A_KEY', { found: `a value of type ${typeof input}` });
  }
  if ('privateKey' in input) return keyFromDocument(input, options);
  if ('path' in input) return readKeyFile(input.path, options);
  if ('json' in input) {
    const { json } = input;
    return keyFromDocument(typeof json === 'string' ? parseDocument(json) : json, options);
  }
  return keyFromDocument(input, options);
}

/**
 * Reads a key from a file: a `cdp_api_key.json`, a PEM, or a base64 secret; in UTF-8, or UTF-16 with a byte
 * order mark. The file must be a regular file of at most 65,536 bytes, owned by this user or root, closed to everyone
 * else, and not reached through a symbolic link into a world-writable folder. A systemd credential, directly in
 * `$CREDENTIALS_DIRECTORY`, may be readable by its group; its folder must be owned by root or this user, closed to
 * others, and not writable by the group. Owner and mode are not checked on Windows.
 * @throws {AuthError} AUTH_FILE_NOT_FOUND, AUTH_FILE_UNREADABLE, AUTH_FILE_NOT_REGULAR, AUTH_FILE_TOO_OPEN,
 * AUTH_FILE_OWNER, and what {@link readKey} throws
 *
 * @example
 * ```ts
 * const { name, algorithm } = readKeyFile('cdp_api_key.json');
 * ```
 */
export function readKeyFile(path: string, options: KeyOptions = {}): Key {
  checkKeyOptions(options);
  return keyFromText(readKeyFileText(path), options);
}

/**
 * Reads a key from `COINBASE_API_KEY` (its name) and `COINBASE_API_SECRET` (the secret in any form), the variables of
 * the official SDKs. Weaker than a file: child processes inherit the environment, and crash reports print it.
 * @throws {AuthError} AUTH_ENVIRONMENT_INCOMPLETE, and what {@link readKey} throws
 */
export function keyFromEnvironment(environment: Readonly<Record<string, string | undefined>>): Key {
  const name = environment['COINBASE_API_KEY']?.trim() ?? '';
  const secret = environment['COINBASE_API_SECRET']?.trim() ?? '';
  const missing = [
    ...(name === '' ? ['COINBASE_API_KEY'] : []),
    ...(secret === '' ? ['COINBASE_API_SECRET'] : []),
  ];
  if (missing.length > 0) throw new AuthError('AUTH_ENVIRONMENT_INCOMPLETE', { missing });
  return readKey(secret, { name });
}

/**
 * {@link readKey} for bytes, which are overwritten afterwards.
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * const key = readKeyBytes(readFileSync(0)); // from standard input
 * ```
 */
export function readKeyBytes(bytes: Uint8Array, options: KeyOptions = {}): Key {
  try {
    return readKey(bytes, options);
  } finally {
    bytes.fill(0);
  }
}

const checkKeyOptions = (options: KeyOptions): void => checkOptions(options, { name: aString });

function keyFromText(text: string, options: KeyOptions): Key {
  if (unquote(text).startsWith('{')) return keyFromDocument(parseDocument(text), options);
  return keyFrom(privateKeyFromText(text), undefined, options);
}

function parseDocument(text: string): unknown {
  if (text.length > KEY_TEXT_LIMIT) {
    throw new AuthError('AUTH_NOT_A_KEY_DOCUMENT', { found: `more than ${KEY_TEXT_LIMIT} characters` });
  }
  try {
    // Replacing line breaks by spaces changes no valid JSON, and repairs a PEM pasted into a string.
    return JSON.parse(unquote(text).replaceAll(/[\r\n\t]/g, ' '));
  } catch {
    throw new AuthError('AUTH_NOT_A_KEY_DOCUMENT', { found: 'text that is not valid JSON' });
  }
}

function keyFromDocument(document: unknown, options: KeyOptions): Key {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new AuthError('AUTH_NOT_A_KEY_DOCUMENT', { found: 'JSON that is not an object' });
  }
  const fields = new Map<string, unknown>(Object.entries(document));
  const secret = fields.get('privateKey');
  if (typeof secret !== 'string') {
    throw new AuthError('AUTH_NOT_A_KEY_DOCUMENT', { found: 'no "privateKey" that is a string' });
  }
  // An empty name counts as none: the document may have an id.
  const name = fields.get('name') || fields.get('id');
  return keyFrom(privateKeyFromText(secret), typeof name === 'string' ? name : undefined, options);
}

function keyFrom(privateKey: KeyObject, nameFound: string | undefined, options: KeyOptions): Key {
  const algorithm = checkPrivateKey(privateKey);
  return Object.freeze({ name: checkName(options.name ?? nameFound), algorithm, privateKey });
}

/** Characters: more than any name of the portal (95), and short enough for a header. */
const NAME_LIMIT = 256;

function checkName(given: string | undefined): string {
  const name = unquote(given ?? '');
  if (name === '') throw new AuthError('AUTH_NAME_MISSING', { found: 'a key without "name" or "id"' });
  if (isSecret(name)) {
    // It would be sent to the exchange in clear, as the token's kid.
    throw new AuthError('AUTH_NAME_INVALID', { found: 'a secret (name and secret may be swapped)' });
  }
  if (name.length > NAME_LIMIT) {
    throw new AuthError('AUTH_NAME_INVALID', {
      found: `${name.length} characters, the limit is ${NAME_LIMIT}`,
    });
  }
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) {
    throw new AuthError('AUTH_NAME_INVALID', { found: 'a line break or another control character' });
  }
  return name;
}

function isSecret(text: string): boolean {
  if (text.includes('-----BEGIN')) return true;
  try {
    privateKeyFromText(text);
    return true;
  } catch {
    return false;
  }
}

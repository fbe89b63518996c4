import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { readKey } from '@feedtape/auth';
import { expect, test } from 'vitest';
import { authErrorOf, everythingShownOf } from './auth-error-of.ts';
import { encodingsOf, leakFinder } from './secret-encodings.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
const ed = generateKeyPairSync('ed25519').privateKey;
const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const ed448 = generateKeyPairSync('ed448').privateKey;
const x25519 = generateKeyPairSync('x25519').privateKey;
const otherEc = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;

const pem = (key: KeyObject, type: 'sec1' | 'pkcs8' | 'pkcs1'): string =>
  key.export({ format: 'pem', type }).toString();
const spki = (key: KeyObject): string =>
  createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString();
const encrypted = (key: KeyObject, type: 'pkcs8' | 'sec1'): string =>
  key.export({ format: 'pem', type, cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
const der = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' });
const body = (text: string): string => text.replaceAll(/-----[^-]+-----|\n/g, '');
const seed = Buffer.from(ed.export({ format: 'jwk' }).d ?? '', 'base64url');
const half = Buffer.from(ed.export({ format: 'jwk' }).x ?? '', 'base64url');

/** The key's DER with the public half of another key in place of its own. */
function crossed(): string {
  const mine = ec.export({ format: 'der', type: 'sec1' });
  const theirs = otherEc.export({ format: 'der', type: 'sec1' });
  return Buffer.concat([mine.subarray(0, -64), theirs.subarray(-64)]).toString('base64');
}

/** A SEC1 structure with the private number alone: no curve, no public half (RFC 5915 allows both to be absent). */
function withoutCurve(): string {
  const secret = Buffer.from(ec.export({ format: 'jwk' }).d ?? '', 'base64url');
  return Buffer.concat([Buffer.from('3025020101', 'hex'), Buffer.from([0x04, 32]), secret]).toString(
    'base64',
  );
}

/** A PKCS8 structure of an EC key whose algorithm names no curve. */
function pkcs8WithoutCurve(): string {
  const inner = Buffer.from(withoutCurve(), 'base64');
  const algorithm = Buffer.from('300906072a8648ce3d0201', 'hex');
  const content = Buffer.concat([
    Buffer.from('020100', 'hex'),
    algorithm,
    Buffer.from([0x04, inner.length]),
    inner,
  ]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]).toString('base64');
}

/** SEC1 with the curve, without a public half, around any private number. */
function withNumber(hex: string): string {
  return Buffer.from(`30310201010420${hex}a00a06082a8648ce3d030107`, 'hex').toString('base64');
}

const P256_ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';

const NAME = 'organizations/o/apiKeys/k';
const document = (fields: object): string => JSON.stringify(fields);

const refused: readonly (readonly [found: string, input: Parameters<typeof readKey>[0], code: string])[] = [
  ['nothing', '', 'AUTH_NOT_A_KEY'],
  ['blanks and quotes', ' "" ', 'AUTH_NOT_A_KEY'],
  ['a lone quote', '"', 'AUTH_NOT_A_KEY'],
  // What the types forbid and plain JavaScript does all the same.
  ['undefined from JavaScript', undefined as unknown as string, 'AUTH_NOT_A_KEY'],
  ['null from JavaScript', null as unknown as string, 'AUTH_NOT_A_KEY'],
  ['a sentence with punctuation', "it's under the mat!", 'AUTH_NOT_A_KEY'],
  [
    'a placeholder PEM',
    '-----BEGIN EC PRIVATE KEY-----\nYOUR PRIVATE KEY\n-----END EC PRIVATE KEY-----\n',
    'AUTH_NOT_A_KEY',
  ],
  ['an empty PEM', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n', 'AUTH_NOT_A_KEY'],
  ['a megabyte', 'A'.repeat(1_000_000), 'AUTH_NOT_A_KEY'],
  [
    'UTF-8 of a Windows-1252 file',
    Buffer.concat([Buffer.from([0x93]), Buffer.from(pem(ec, 'sec1')), Buffer.from([0x94])]),
    'AUTH_NOT_A_KEY',
  ],
  ['UTF-16 without a byte order mark', Buffer.from(pem(ec, 'sec1'), 'utf16le'), 'AUTH_NOT_A_KEY'],
  ['binary DER', der(ec), 'AUTH_NOT_A_KEY'],
  ['a NUL at the end', Buffer.from(`${pem(ec, 'sec1')}\0`), 'AUTH_NOT_A_KEY'],
  [
    'an OpenSSH key',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
    'AUTH_NOT_A_KEY',
  ],
  ['two private keys', pem(ec, 'sec1') + pem(otherEc, 'sec1'), 'AUTH_NOT_A_KEY'],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', 'AUTH_NOT_A_KEY'],
  ['SEC1 without a curve', withoutCurve(), 'AUTH_NOT_A_KEY'],
  ['PKCS8 without a curve', pkcs8WithoutCurve(), 'AUTH_NOT_A_KEY'],
  ['a public key PEM', spki(ec), 'AUTH_PUBLIC_KEY'],
  ['a public key in base64', body(spki(ed)), 'AUTH_PUBLIC_KEY'],
  ['a public key under a private label', spki(ec).replaceAll('PUBLIC', 'PRIVATE'), 'AUTH_PUBLIC_KEY'],
  ['a public KeyObject', createPublicKey(ec), 'AUTH_PUBLIC_KEY'],
  ['encrypted PKCS8', encrypted(ec, 'pkcs8'), 'AUTH_ENCRYPTED_KEY'],
  ['encrypted PKCS8 in base64', body(encrypted(ed, 'pkcs8')), 'AUTH_ENCRYPTED_KEY'],
  ['encrypted SEC1', encrypted(ec, 'sec1'), 'AUTH_ENCRYPTED_KEY'],
  ['P-384 SEC1', pem(p384, 'sec1'), 'AUTH_WRONG_CURVE'],
  ['P-384 PKCS8 in base64', der(p384).toString('base64'), 'AUTH_WRONG_CURVE'],
  ['secp256k1', pem(secp256k1, 'pkcs8'), 'AUTH_WRONG_CURVE'],
  ['a secp256k1 KeyObject', secp256k1, 'AUTH_WRONG_CURVE'],
  ['RSA PKCS8', pem(rsa, 'pkcs8'), 'AUTH_WRONG_TYPE'],
  ['RSA PKCS1', pem(rsa, 'pkcs1'), 'AUTH_WRONG_TYPE'],
  ['RSA PKCS1 in base64', body(pem(rsa, 'pkcs1')), 'AUTH_WRONG_TYPE'],
  ['Ed448', pem(ed448, 'pkcs8'), 'AUTH_WRONG_TYPE'],
  ['X25519', pem(x25519, 'pkcs8'), 'AUTH_WRONG_TYPE'],
  ['a PEM without END', pem(ec, 'sec1').slice(0, 120), 'AUTH_TRUNCATED_KEY'],
  ['a PEM with half of its body', pem(ec, 'sec1').replace(/\n[^\n]{64}\n/, '\n'), 'AUTH_NOT_A_KEY'],
  [
    'a PEM without its last body line',
    pem(ec, 'sec1').replace(/\n[^\n]+\n-----END/, '\n-----END'),
    'AUTH_TRUNCATED_KEY',
  ],
  ['a body without its last four digits', body(pem(ec, 'pkcs8')).slice(0, -4), 'AUTH_TRUNCATED_KEY'],
  ['base64 that ends inside a byte', body(pem(ec, 'pkcs8')).slice(0, 61), 'AUTH_TRUNCATED_KEY'],
  // With another first byte: one in 256 seeds begins like a structure, and is called a truncated one.
  ['31 bytes', Buffer.concat([Buffer.from([1]), seed.subarray(2)]).toString('base64'), 'AUTH_WRONG_LENGTH'],
  [
    '63 bytes',
    Buffer.concat([Buffer.from([1]), seed.subarray(1), half])
      .subarray(0, 63)
      .toString('base64'),
    'AUTH_WRONG_LENGTH',
  ],
  ['65 bytes', Buffer.concat([Buffer.from([1]), seed, half]).toString('base64'), 'AUTH_WRONG_LENGTH'],
  [
    'a structure with a byte behind it',
    Buffer.concat([der(ec), Buffer.from([0])]).toString('base64'),
    'AUTH_WRONG_LENGTH',
  ],
  ['hexadecimal', seed.toString('hex'), 'AUTH_WRONG_LENGTH'],
  ['64 bytes that are no Ed25519 pair', Buffer.concat([half, seed]).toString('base64'), 'AUTH_KEY_MISMATCH'],
  ['the secret of the old Exchange API', randomBytes(64).toString('base64'), 'AUTH_KEY_MISMATCH'],
  ['an EC key with the public half of another', crossed(), 'AUTH_KEY_MISMATCH'],
  ['the private number 0', withNumber('0'.repeat(64)), 'AUTH_KEY_MISMATCH'],
  ['the order of the curve as the private number', withNumber(P256_ORDER), 'AUTH_KEY_MISMATCH'],
  [
    'JSON that is not valid',
    `{"name":"${NAME}","privateKey":"${body(pem(ec, 'sec1'))}`,
    'AUTH_NOT_A_KEY_DOCUMENT',
  ],
  [
    'JSON without privateKey',
    document({ name: NAME, secret: body(pem(ec, 'sec1')) }),
    'AUTH_NOT_A_KEY_DOCUMENT',
  ],
  ['JSON with a number for privateKey', document({ name: NAME, privateKey: 5 }), 'AUTH_NOT_A_KEY_DOCUMENT'],
  ['an array for a document', { json: '[]' }, 'AUTH_NOT_A_KEY_DOCUMENT'],
  ['JSON with an empty privateKey', document({ name: NAME, privateKey: '' }), 'AUTH_NOT_A_KEY'],
];

const leaksIn = leakFinder([ec, ed, p384, secp256k1].flatMap(encodingsOf));

test.for(refused)('%s is refused by its code, without a byte of it', ([, input, code]) => {
  const error = authErrorOf(() => readKey(input, { name: NAME }));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/found .+\. Accepted: .+\. .+/s);
  expect(leaksIn(everythingShownOf(error))).toEqual([]);
});

test('the error names the wrong curve', () => {
  expect(authErrorOf(() => readKey(p384, { name: NAME })).details).toEqual({ curve: 'secp384r1' });
  expect(authErrorOf(() => readKey(pem(secp256k1, 'sec1'), { name: NAME })).details).toEqual({
    curve: 'secp256k1',
  });
});

test('the error names the wrong type of key', () => {
  expect(authErrorOf(() => readKey(pem(rsa, 'pkcs8'), { name: NAME })).details).toEqual({ type: 'rsa' });
  expect(authErrorOf(() => readKey(ed448, { name: NAME })).details).toEqual({ type: 'ed448' });
});

test('the search for leaks finds a planted leak', () => {
  expect(leaksIn(`oops ${pem(ec, 'sec1')}`)).not.toEqual([]);
  expect(leaksIn(`oops ${seed.toString('hex').slice(10, 20)}`)).not.toEqual([]);
});

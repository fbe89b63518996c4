import { inspect } from 'node:util';
import { generateKey, keyFromEnvironment, readKey } from '@feedtape/auth';
import { expect, test } from 'vitest';
import { authErrorOf, everythingShownOf } from './auth-error-of.ts';
import { encodingsOf, leakFinder } from './secret-encodings.ts';

const { key } = generateKey('ES256');
const { key: edKey } = generateKey('EdDSA');
const pem = key.privateKey.export({ format: 'pem', type: 'sec1' }).toString();
const edSecret = Buffer.concat([
  Buffer.from(edKey.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'),
  Buffer.from(edKey.privateKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
]).toString('base64');

const leaksIn = leakFinder([...encodingsOf(key.privateKey), ...encodingsOf(edKey.privateKey)]);

const EC_NAME = 'organizations/o/apiKeys/k';
const ED_NAME = '0c3d1b5e-7a52-4d0e-8a34-3c1f1a2b9d10';

test.for([
  ['an ECDSA file', { name: EC_NAME, privateKey: pem }, EC_NAME, 'ES256'],
  ['an Ed25519 file', { id: ED_NAME, privateKey: edSecret }, ED_NAME, 'EdDSA'],
  [
    'a file with further fields',
    {
      nickname: 'n',
      scopes: ['view'],
      allowedIps: [],
      keyType: 'x',
      enabled: true,
      id: ED_NAME,
      privateKey: edSecret,
    },
    ED_NAME,
    'EdDSA',
  ],
  ['a file with an empty name', { id: ED_NAME, name: '', privateKey: edSecret }, ED_NAME, 'EdDSA'],
  ['a file with both names', { id: ED_NAME, name: EC_NAME, privateKey: pem }, EC_NAME, 'ES256'],
] as const)('%s is read as text, as bytes, as JSON and as an object', ([, document, name, algorithm]) => {
  const text = JSON.stringify(document, null, 2);
  const inputs = [
    text,
    `\uFEFF${text}\r\n`,
    Buffer.from(`\uFEFF${text}`),
    Buffer.from(`\uFEFF${text}`, 'utf16le'),
    Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
    { json: text },
    { json: document },
    document,
  ];
  for (const input of inputs) expect(readKey(input)).toMatchObject({ name, algorithm });
});

test('a PEM pasted into a JSON string with its line breaks is read', () => {
  expect(readKey(`{"name": "${EC_NAME}", "privateKey": "${pem}"}`).name).toBe(EC_NAME);
});

test('the option name takes precedence over the name in the document', () => {
  expect(readKey({ name: EC_NAME, privateKey: pem }, { name: 'another' }).name).toBe('another');
});

test('a KeyObject is read as it is', () => {
  expect(readKey(key.privateKey, { name: EC_NAME }).privateKey).toBe(key.privateKey);
});

test('a field that only a prototype has is not read', () => {
  const inherited = Object.create({ name: EC_NAME, privateKey: pem }) as { privateKey: string };
  expect(authErrorOf(() => readKey(inherited)).code).toBe('AUTH_NOT_A_KEY_DOCUMENT');
});

test('the environment is read under the names of the official SDKs', () => {
  const environment = { COINBASE_API_KEY: ` ${EC_NAME}\n`, COINBASE_API_SECRET: pem.replaceAll('\n', '\\n') };
  expect(keyFromEnvironment(environment)).toMatchObject({ name: EC_NAME, algorithm: 'ES256' });
});

test.for([
  ['both unset', {}, ['COINBASE_API_KEY', 'COINBASE_API_SECRET']],
  [
    'both empty',
    { COINBASE_API_KEY: '', COINBASE_API_SECRET: ' \n' },
    ['COINBASE_API_KEY', 'COINBASE_API_SECRET'],
  ],
  ['no secret', { COINBASE_API_KEY: EC_NAME }, ['COINBASE_API_SECRET']],
  ['an empty name', { COINBASE_API_KEY: '', COINBASE_API_SECRET: pem }, ['COINBASE_API_KEY']],
] as const)(
  'the environment with %s is refused by the names that are missing',
  ([, environment, missing]) => {
    const error = authErrorOf(() => keyFromEnvironment(environment));
    expect(error).toMatchObject({ code: 'AUTH_ENVIRONMENT_INCOMPLETE', details: { missing } });
  },
);

test('swapped name and secret are reported as swapped', () => {
  const error = authErrorOf(() =>
    keyFromEnvironment({ COINBASE_API_KEY: pem, COINBASE_API_SECRET: EC_NAME }),
  );
  expect(error).toMatchObject({ code: 'AUTH_NAME_INVALID', message: expect.stringContaining('swapped') });
});

test.for([
  ['absent', undefined, 'AUTH_NAME_MISSING'],
  ['blank', ' \n ', 'AUTH_NAME_MISSING'],
  ['with a line break inside', 'a\nb', 'AUTH_NAME_INVALID'],
  ['with CRLF inside', 'organizations/o\r\n/apiKeys/k', 'AUTH_NAME_INVALID'],
  ['with a NUL', 'a\0b', 'AUTH_NAME_INVALID'],
  ['with an escape', 'a\u001B[2Jb', 'AUTH_NAME_INVALID'],
  ['with half a surrogate pair', 'a\uD800b', 'AUTH_NAME_INVALID'],
  ['257 characters long', 'n'.repeat(257), 'AUTH_NAME_INVALID'],
  ['a PEM (swapped with the secret)', pem, 'AUTH_NAME_INVALID'],
  ['a base64 secret (swapped)', edSecret, 'AUTH_NAME_INVALID'],
] as const)('a name that is %s is refused', ([, name, code]) => {
  const error = authErrorOf(() => readKey(key.privateKey, name === undefined ? {} : { name }));
  expect(error.code).toBe(code);
  expect(leaksIn(everythingShownOf(error))).toEqual([]);
});

test.for(['a;b', '$(touch x)', 'x`touch y`', "'", '"quoted" inside', 'é', '名前'])(
  'the name %s is kept verbatim: a token carries it in base64url',
  (name) => {
    expect(readKey(key.privateKey, { name }).name).toBe(name);
  },
);

test('a key shows nothing of its secret when it is printed or serialised', () => {
  const shown = [
    inspect(key, { depth: 10, showHidden: true }),
    JSON.stringify(key),
    JSON.stringify(key.privateKey),
    JSON.stringify(Object.entries(key)),
  ].join('\n');
  expect(shown).toContain(key.name);
  expect(leaksIn(shown)).toEqual([]);
});

test('generated keys have names in the forms of the portal', () => {
  expect(key.name).toMatch(/^organizations\/[0-9a-f-]{36}\/apiKeys\/[0-9a-f-]{36}$/);
  expect(edKey.name).toMatch(/^[0-9a-f-]{36}$/);
  expect(generateKey('EdDSA', { name: 'mine' }).key.name).toBe('mine');
});

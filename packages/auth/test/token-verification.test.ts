import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  createTokenSource,
  explainToken,
  generateKey,
  isAuthError,
  type ObjectionCode,
  verifyToken,
} from '@feedtape/auth';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const NOON = 1_764_000_000_000;
const nbf = NOON / 1000;
const clock = (): number => NOON;
const { key, publicKey } = generateKey('ES256', { name: 'organizations/o/apiKeys/k' });

const goodHeader = { alg: 'ES256', typ: 'JWT', kid: key.name, nonce: 'a'.repeat(32) };
const goodClaims = { sub: key.name, iss: 'cdp', nbf, exp: nbf + 120 };

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token written by hand, signed with node:crypto. */
function signed(
  header: object,
  claims: object,
  by: KeyObject = key.privateKey,
  dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363',
): string {
  const input = `${part(header)}.${part(claims)}`;
  const digest = by.asymmetricKeyType === 'ec' ? 'sha256' : null;
  return `${input}.${sign(digest, Buffer.from(input), { key: by, dsaEncoding }).toString('base64url')}`;
}

async function objectionsOf(token: string, to: KeyObject = publicKey): Promise<readonly ObjectionCode[]> {
  try {
    await verifyToken(token, to, { clock });
    return [];
  } catch (error) {
    if (isAuthError(error) && error.code === 'AUTH_TOKEN_REFUSED') {
      return error.details.objections.map(({ code }) => code);
    }
    throw error;
  }
}

test('a valid token is explained without objections', async () => {
  const token = await createTokenSource(key, { clock: () => NOON - 30_000 })();
  expect(explainToken(token, { clock })).toEqual({
    header: { ...goodHeader, nonce: expect.stringMatching(/^[0-9a-f]{32}$/) },
    claims: { ...goodClaims, nbf: nbf - 30, exp: nbf + 90 },
    ageMs: 30_000,
    expiresInMs: 90_000,
    objections: [],
  });
  expect(await objectionsOf(token)).toEqual([]);
});

test('a token made by hand is accepted, so that the objections below have one cause each', async () => {
  expect(await objectionsOf(signed(goodHeader, goodClaims))).toEqual([]);
});

const without = (fields: object, name: string): object =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));

test.for<[what: string, header: object, claims: object, objections: ObjectionCode[]]>([
  ['has no kid', without(goodHeader, 'kid'), goodClaims, ['kid-missing']],
  ['has another kid than sub', { ...goodHeader, kid: 'x' }, goodClaims, ['kid-is-not-sub']],
  ['has no nonce', without(goodHeader, 'nonce'), goodClaims, ['nonce-missing']],
  ['has no sub', goodHeader, without(goodClaims, 'sub'), ['sub-missing']],
  [
    'has the issuer of before May 2024',
    goodHeader,
    { ...goodClaims, iss: 'coinbase-cloud' },
    ['wrong-issuer'],
  ],
  ['is for a REST request', goodHeader, { ...goodClaims, uri: 'GET api.coinbase.com/x' }, ['has-uri']],
  ['has an audience', goodHeader, { ...goodClaims, aud: ['cdp_service'] }, ['has-audience']],
  ['has no nbf', goodHeader, without(goodClaims, 'nbf'), ['nbf-missing']],
  ['has a fraction for nbf', goodHeader, { ...goodClaims, nbf: nbf - 0.5 }, ['nbf-missing']],
  ['has no exp', goodHeader, without(goodClaims, 'exp'), ['exp-missing']],
  ['has a text for exp', goodHeader, { ...goodClaims, exp: `${nbf + 120}` }, ['exp-missing']],
  ['is valid in a second', goodHeader, { ...goodClaims, nbf: nbf + 1, exp: nbf + 121 }, ['not-yet-valid']],
  ['expires now', goodHeader, { ...goodClaims, nbf: nbf - 120, exp: nbf }, ['expired']],
  ['lives 121 seconds', goodHeader, { ...goodClaims, exp: nbf + 121 }, ['life-too-long']],
  ['names HS256', { ...goodHeader, alg: 'HS256' }, goodClaims, ['wrong-algorithm', 'wrong-signature']],
  ['names none', { ...goodHeader, alg: 'none' }, goodClaims, ['wrong-algorithm', 'wrong-signature']],
  ['names the algorithm of another key', { ...goodHeader, alg: 'EdDSA' }, goodClaims, ['wrong-signature']],
])('a token that %s is refused for that', async ([, header, claims, objections]) => {
  expect(await objectionsOf(signed(header, claims))).toEqual(objections);
});

test('a token that expires in a second is valid', async () => {
  expect(await objectionsOf(signed(goodHeader, { ...goodClaims, nbf: nbf - 119, exp: nbf + 1 }))).toEqual([]);
});

test('a signature in DER is refused by its length', async () => {
  expect(await objectionsOf(signed(goodHeader, goodClaims, key.privateKey, 'der'))).toEqual([
    'signature-length',
    'wrong-signature',
  ]);
});

test("another key's signature is refused", async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  expect(await objectionsOf(signed(goodHeader, goodClaims, privateKey))).toEqual(['wrong-signature']);
});

test('the public key determines the algorithm, not the token', async () => {
  const ed = generateKey('EdDSA', { name: key.name });
  expect(await objectionsOf(signed(goodHeader, goodClaims, ed.key.privateKey), ed.publicKey)).toEqual([
    'wrong-signature',
  ]);
  expect(
    await objectionsOf(signed({ ...goodHeader, alg: 'EdDSA' }, goodClaims, ed.key.privateKey), ed.publicKey),
  ).toEqual([]);
});

test('a change of any character of the token is refused', async () => {
  const token = signed(goodHeader, goodClaims);
  for (let at = 0; at < token.length - 1; at += 7) {
    const other = token[at] === 'A' ? 'B' : 'A';
    expect(await objectionsOf(token.slice(0, at) + other + token.slice(at + 1)), `at ${at}`).not.toEqual([]);
  }
});

test('a public key on another curve is refused with AUTH_WRONG_CURVE', async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey;
  await expect(verifyToken(signed(goodHeader, goodClaims), other)).rejects.toMatchObject({
    code: 'AUTH_WRONG_CURVE',
  });
});

test.for([
  '',
  'a',
  'a.b',
  'a.b.c.d',
  'e30.e30.',
  '....',
  `${'a'.repeat(20_000)}.e30.aa`,
  'bnVsbA.bnVsbA.aa',
  'W10.W10.aa',
  'e30.e30.aa\n',
  'export JWT=e30.e30.aa',
])('%j is no token', (text) => {
  expect(explainToken(text).objections.map(({ code }) => code)).toEqual(['not-a-token']);
});

test('explaining never throws and never repeats the signature', () => {
  const anyPart = fc.oneof(
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    fc.string({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(anyPart, { maxLength: 5 }), (parts) => {
      expect(explainToken(parts.join('.')).objections.length).toBeGreaterThan(0);
    }),
  );
  const token = signed(goodHeader, goodClaims);
  const signature = token.slice(token.lastIndexOf('.') + 1);
  expect(JSON.stringify(explainToken(token))).not.toContain(signature);
});

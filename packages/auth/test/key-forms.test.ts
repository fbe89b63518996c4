import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { createTokenSource, readKey } from '@feedtape/auth';
import { expect, test } from 'vitest';
import { keyForms } from './key-forms.ts';
import { opensslVerifies, partsOf } from './openssl-verify.ts';

const names = {
  ES256: 'organizations/5a9d5bbe-96a5-4b1b-9c2e-1f62d4b3a0c7/apiKeys/0c3d1b5e-7a52-4d0e-8a34-3c1f1a2b9d10',
  EdDSA: '0c3d1b5e-7a52-4d0e-8a34-3c1f1a2b9d10',
};
const generate = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

test('the matrix has the 13 forms of the comparison', () => {
  expect(keyForms.filter(({ inMatrix }) => inMatrix)).toHaveLength(13);
});

test.for(keyForms)('$name signs a token that OpenSSL accepts', async ({ algorithm, write }) => {
  const { privateKey, publicKey } = generate[algorithm]();
  const key = readKey(write(privateKey), { name: names[algorithm] });
  const token = await createTokenSource(key, { clock: () => 1_764_000_000_999 })();

  const { header, claims, signature, signingInput } = partsOf(token);
  expect(header).toEqual({
    alg: algorithm,
    typ: 'JWT',
    kid: names[algorithm],
    nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(claims).toEqual({ sub: names[algorithm], iss: 'cdp', nbf: 1_764_000_000, exp: 1_764_000_120 });
  expect(signature).toHaveLength(64);
  expect(opensslVerifies(token, publicKey)).toBe(true);
  const digest = algorithm === 'ES256' ? 'sha256' : null;
  const key1363 = {
    key: createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })),
    dsaEncoding: 'ieee-p1363',
  } as const;
  expect(verify(digest, Buffer.from(signingInput), key1363, signature)).toBe(true);
});

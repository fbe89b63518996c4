// @module-tag slow

import { createTokenSource, generateKey, verifyToken } from '@feedtape/auth';
import { expect, test } from 'vitest';
import { partsOf } from './openssl-verify.ts';

const NOON = 1_764_000_000_000;

test(
  'a hundred thousand tokens have a hundred thousand nonces and signatures',
  { timeout: 120_000 },
  async () => {
    const token = createTokenSource(generateKey('EdDSA').key, { clock: () => NOON });
    const nonces = new Set<unknown>();
    const signatures = new Set<string>();
    for (let made = 0; made < 100_000; made += 500) {
      const tokens = await Promise.all(Array.from({ length: 500 }, () => token()));
      for (const text of tokens) {
        nonces.add(JSON.parse(Buffer.from(text.slice(0, text.indexOf('.')), 'base64url').toString()).nonce);
        signatures.add(text.slice(text.lastIndexOf('.')));
      }
    }
    expect(nonces.size).toBe(100_000);
    expect(signatures.size).toBe(100_000);
  },
);

test('two tokens made at one instant differ', async () => {
  const token = createTokenSource(generateKey('ES256').key, { clock: () => NOON });
  expect(await token()).not.toBe(await token());
});

test('each call makes a token with the time of the call', async () => {
  let now = NOON;
  const token = createTokenSource(generateKey('ES256').key, { clock: () => now });
  expect(partsOf(await token()).claims).toMatchObject({ nbf: NOON / 1000, exp: NOON / 1000 + 120 });
  now += 3_600_500;
  expect(partsOf(await token()).claims).toMatchObject({ nbf: NOON / 1000 + 3600, exp: NOON / 1000 + 3720 });
});

test('the default clock is the wall clock', async () => {
  const before = Math.floor(Date.now() / 1000);
  const { nbf } = partsOf(await createTokenSource(generateKey('EdDSA').key)()).claims;
  expect(nbf).toBeGreaterThanOrEqual(before);
  expect(nbf).toBeLessThanOrEqual(Date.now() / 1000);
});

test.for([-300_000, -30_000, -1, 0, 1, 30_000, 300_000])(
  'with the skew set, a clock off by %i ms makes tokens that an exact clock accepts',
  async (skewMs) => {
    const { key, publicKey } = generateKey('ES256');
    const wrongClock = (): number => NOON + skewMs;
    const token = await createTokenSource(key, { clock: wrongClock, skewMs: () => skewMs })();
    expect((await verifyToken(token, publicKey, { clock: () => NOON })).objections).toEqual([]);
  },
);

test.for([
  300_001,
  -300_001,
  3_600_000,
  NOON,
  NOON - Date.parse('+275760-09-13T00:00:00Z'),
  Number.NaN,
  Number.POSITIVE_INFINITY,
])('a skew function that returns %d ms is ignored: the limit is five minutes', async (skewMs) => {
  const token = createTokenSource(generateKey('EdDSA').key, { clock: () => NOON, skewMs: () => skewMs });
  expect(partsOf(await token()).claims).toMatchObject({ nbf: NOON / 1000 });
});

test('a token source holds nothing that could export the key', async () => {
  const { key } = generateKey('ES256');
  const exported: unknown[] = [];
  const taken = {
    name: key.name,
    algorithm: key.algorithm,
    privateKey: new Proxy(key.privateKey, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const made: unknown = Reflect.apply(value, target, args);
          exported.push(made);
          return made;
        };
      },
    }),
  };
  const token = createTokenSource(taken);
  await token();
  await token();
  expect(exported).toHaveLength(1);
  expect(exported[0]).toMatchObject({ type: 'private', extractable: false, usages: ['sign'] });
});

test('a skew measured later applies to the next token', async () => {
  let skewMs = 0;
  const token = createTokenSource(generateKey('EdDSA').key, { clock: () => NOON, skewMs: () => skewMs });
  await token();
  skewMs = 90_000;
  expect(partsOf(await token()).claims).toMatchObject({ nbf: NOON / 1000 - 90 });
});

test.for([Number.NaN, Number.POSITIVE_INFINITY, -1, 1e20])(
  'a clock that returns %d is refused',
  async (now) => {
    const token = createTokenSource(generateKey('EdDSA').key, { clock: () => now });
    await expect(token()).rejects.toMatchObject({ name: 'AuthError', code: 'AUTH_CLOCK_INVALID' });
  },
);

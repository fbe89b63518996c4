import {
  createTokenSource,
  explainToken,
  generateKey,
  measureSkew,
  readKey,
  readKeyBytes,
  readKeyFile,
  verifyToken,
} from '@feedtape/auth';
import { expect, test } from 'vitest';

const { key, publicKey } = generateKey('ES256');

/** Every function with options. None of them gets to its work: the options are wrong. */
const calls: Readonly<Record<string, (options: never) => unknown>> = {
  createTokenSource: (options) => createTokenSource(key, options),
  explainToken: (options) => explainToken('', options),
  generateKey: (options) => generateKey('ES256', options),
  measureSkew: (options) => measureSkew(options),
  readKey: (options) => readKey(key.privateKey, options),
  readKeyBytes: (options) => readKeyBytes(Buffer.from('none'), options),
  readKeyFile: (options) => readKeyFile('/nonexistent', options),
  verifyToken: (options) => verifyToken('', publicKey, options),
};

const failureOf = async (call: () => unknown): Promise<unknown> => {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return 'nothing was thrown';
};

const refusal = (option: string, given: string): object =>
  expect.objectContaining({
    name: 'AuthError',
    code: 'AUTH_OPTION_INVALID',
    details: expect.objectContaining({ option, given }),
  });

test.for(Object.entries(calls))('%s refuses options that are no object', async ([, call]) => {
  expect(await failureOf(() => call(null as never))).toEqual(refusal('options', 'null'));
  expect(await failureOf(() => call([] as never))).toEqual(refusal('options', 'an array'));
  expect(await failureOf(() => call('BEGIN' as never))).toEqual(refusal('options', 'a string'));
});

test.for(Object.entries(calls))('%s refuses an option that it does not have', async ([, call]) => {
  expect(await failureOf(() => call({ skewMS: 5 } as never))).toEqual(refusal('skewMS', 'a number'));
});

const wrong: readonly (readonly [name: string, option: string, value: unknown, given: string])[] = [
  ['createTokenSource', 'clock', 5, 'a number'],
  ['createTokenSource', 'skewMs', Number.NaN, 'a number'],
  ['createTokenSource', 'skewMs', '5', 'a string'],
  ['explainToken', 'clock', {}, 'an object'],
  ['explainToken', 'skewMs', () => 5, 'a function'],
  ['generateKey', 'name', 5, 'a number'],
  ['measureSkew', 'clock', null, 'null'],
  ['measureSkew', 'fetch', 'fetch', 'a string'],
  ['measureSkew', 'signal', new AbortController(), 'an object'],
  ['measureSkew', 'timeoutMs', 0, 'a number'],
  ['measureSkew', 'timeoutMs', 2 ** 32, 'a number'],
  ['measureSkew', 'url', 'nowhere', 'a string'],
  ['readKey', 'name', ['name'], 'an array'],
  ['readKeyBytes', 'name', true, 'a boolean'],
  ['readKeyFile', 'name', null, 'null'],
  ['verifyToken', 'skewMs', Number.POSITIVE_INFINITY, 'a number'],
];

test.for(wrong)('%s refuses %s: %o', async ([name, option, value, given]) => {
  expect(await failureOf(() => calls[name]?.({ [option]: value } as never))).toEqual(refusal(option, given));
});

test('an option that is undefined counts as not given', () => {
  const undefinedName = { name: undefined } as never;
  expect(generateKey('EdDSA', undefinedName).key.algorithm).toBe('EdDSA');
  expect(createTokenSource(key, { clock: undefined, skewMs: undefined } as never)).toBeTypeOf('function');
});

test('the error quotes neither the value nor a name that may be a secret', () => {
  const secret = 'MHcCAQEEIDl2ZXJ5c2VjcmV0bm90aGluZ3RvLXNlZQ';
  for (const options of [{ [secret]: 1 }, { clock: secret }, secret]) {
    expect(() => createTokenSource(key, options as never)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
  }
});

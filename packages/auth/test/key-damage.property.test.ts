// @module-tag slow

import { generateKeyPairSync } from 'node:crypto';
import { isAuthError, readKey } from '@feedtape/auth';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { everythingShownOf } from './auth-error-of.ts';
import { keyForms } from './key-forms.ts';
import { encodingsOf, leakFinder } from './secret-encodings.ts';

const keys = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
  EdDSA: generateKeyPairSync('ed25519').privateKey,
};
const leaksIn = leakFinder([keys.ES256, keys.EdDSA].flatMap(encodingsOf));
const written = keyForms.map((form) => ({ ...form, text: form.write(keys[form.algorithm]) }));

/** One accident of copying: something lost, doubled, mistyped, added, or moved. */
type Accident =
  | { readonly kind: 'cut' | 'double'; readonly from: number; readonly length: number }
  | { readonly kind: 'insert' | 'replace'; readonly from: number; readonly text: string }
  | { readonly kind: 'flip case' | 'turn'; readonly from: number };

const accident: fc.Arbitrary<Accident> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('cut' as const, 'double' as const),
    from: fc.nat(),
    // A longer cut can leave the 43 digits of a seed, and those are a key of their own.
    length: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    kind: fc.constantFrom('insert' as const, 'replace' as const),
    from: fc.nat(),
    text: fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constantFrom('flip case' as const, 'turn' as const), from: fc.nat() }),
);

function damaged(text: string, happened: Accident): string {
  const at = happened.from % text.length;
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (happened.kind) {
    case 'cut':
      return before + after.slice(happened.length);
    case 'insert':
      return before + happened.text + after;
    case 'replace':
      return before + happened.text + after.slice(happened.text.length);
    case 'flip case': {
      const [first = '', ...rest] = after;
      const other = first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase();
      return before + other + rest.join('');
    }
    case 'double':
      return before + after.slice(0, happened.length) + after;
    case 'turn':
      return after + before;
  }
}

interface Outcome {
  readonly key?: ReturnType<typeof readKey>;
  readonly code?: string;
  readonly leaks: readonly string[];
}

/** What reading gives: a key, or an error that is ours. Anything else fails the test by being thrown. */
function outcomeOf(input: Parameters<typeof readKey>[0]): Outcome {
  try {
    return { key: readKey(input, { name: 'n' }), leaks: [] };
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return { code: error.code, leaks: leaksIn(everythingShownOf(error)) };
  }
}

/** Forms without a public half hold nothing that a mistyped digit could contradict. */
const contradictable = written.filter(({ name }) => !/32 bytes|Ed25519 PKCS8/.test(name));

test('a damaged key with a public half is read as itself or refused', () => {
  fc.assert(
    fc.property(fc.constantFrom(...contradictable), accident, ({ algorithm, text }, happened) => {
      const { key } = outcomeOf(damaged(text, happened));
      expect(key === undefined || key.privateKey.equals(keys[algorithm])).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('the refusal of a damaged key quotes nothing of it', () => {
  let refusals = 0;
  fc.assert(
    fc.property(fc.constantFrom(...written), accident, ({ text }, happened) => {
      const { code, leaks } = outcomeOf(damaged(text, happened));
      if (code !== undefined) refusals += 1;
      expect(leaks).toEqual([]);
    }),
    { numRuns: 1000 },
  );
  expect(refusals).toBeGreaterThan(300);
});

test('the refusal of a damaged key document quotes nothing of it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...written), accident, ({ text }, happened) => {
      const document = JSON.stringify({ name: 'n', privateKey: text });
      expect(outcomeOf(damaged(document, happened)).leaks).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('any text and any bytes are read or refused with an AuthError', () => {
  const pemPieces = ['-----BEGIN ', '-----END ', 'EC ', 'PRIVATE KEY-----', 'ENCRYPTED ', 'MHcC', '\\n'];
  const jsonPieces = ['{"privateKey":"', '"}', '"', '=', '\n'];
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.base64String({ maxLength: 400 }),
    fc.json(),
    fc.array(fc.constantFrom(...pemPieces, ...jsonPieces)).map((parts) => parts.join('')),
    fc
      .uint8Array({ minLength: 1, maxLength: 120 })
      .map((bytes) => Buffer.from([0x30, bytes.length, ...bytes]).toString('base64')),
  );
  fc.assert(
    fc.property(hostile, (input) => {
      expect(() => outcomeOf(input)).not.toThrow();
    }),
    { numRuns: 1500 },
  );
});

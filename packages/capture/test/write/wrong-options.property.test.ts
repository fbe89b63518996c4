// What callers without types pass to a writer: each wrong value of each option is refused by name, with one code.
import { readdirSync } from 'node:fs';
import { openWriter, type WriterOptions } from '@feedtape/capture/node';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../capture-files.ts';

const seed = Number(process.env['FEED_SEED'] ?? process.env['FEEDTAPE_SEED']);
const numRuns = 100;

/** Each option, and the types of values that may be right for it; no object of chance is a clock or a signal. */
const OPTIONS: Readonly<Record<keyof WriterOptions, readonly string[]>> = {
  folder: ['string'],
  url: ['string'],
  software: ['string'],
  private: ['boolean'],
  run: ['string'],
  rotate: ['object'],
  fsync: ['string', 'object'],
  compress: ['string'],
  maxQueuedBytes: ['number'],
  retention: ['object'],
  reserveBytes: ['number'],
  lowSpaceBytes: ['number'],
  signal: [],
  clock: [],
  onEvent: ['function'],
  files: ['object'],
  environment: ['object'],
};

const INNER: Readonly<Record<string, readonly string[]>> = {
  rotate: ['bytes', 'ms'],
  fsync: ['everyMs'],
  retention: ['bytes', 'segments', 'ms', 'freeBytes'],
};

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
  fc.constantFrom(null, Symbol('odd'), () => {}, '5', [], {}),
);

async function expectRefused(option: string, options: unknown): Promise<void> {
  await expect(openWriter(options as WriterOptions)).rejects.toMatchObject({
    code: 'CAPTURE_OPTION',
    details: { option },
  });
}

const url = 'wss://example.invalid';

test.for(Object.entries(OPTIONS))(
  `%s: every other type of value is refused before anything is touched (FEED_SEED=${seed})`,
  async ([option, right]) => {
    const folder = temporaryFolder();
    const wrong = anyValue.filter((value) => value !== undefined && !right.includes(typeOf(value)));
    await fc.assert(
      fc.asyncProperty(wrong, async (value) => expectRefused(option, { folder, url, [option]: value })),
      { seed, numRuns },
    );
    expect(readdirSync(folder)).toEqual([]);
  },
);

test(`within options too, and every name that no option has (FEED_SEED=${seed})`, async () => {
  const folder = temporaryFolder();
  const notNumbers = anyValue.filter((value) => value !== undefined && typeof value !== 'number');
  for (const [outer, inner] of Object.entries(INNER)) {
    for (const name of inner)
      await fc.assert(
        fc.asyncProperty(notNumbers, async (value) =>
          expectRefused(`${outer}.${name}`, { folder, url, [outer]: { [name]: value } }),
        ),
        { seed, numRuns },
      );
    const base = outer === 'fsync' ? { everyMs: 1 } : {};
    await expectRefused(`${outer}.byte`, { folder, url, [outer]: { ...base, byte: 1 } });
  }
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1 }), anyValue, async (name, value) => {
      fc.pre(!Object.hasOwn(OPTIONS, name));
      await expectRefused(name, Object.fromEntries([...Object.entries({ folder, url }), [name, value]]));
    }),
    { seed, numRuns },
  );
  expect(readdirSync(folder)).toEqual([]);
});

test.for([
  ['options', undefined],
  ['options', null],
  ['options', 5],
  ['options', []],
  ['folder', {}],
  ['url', { folder: '/nowhere' }],
  ['maxQueuedBytes', { folder: '/nowhere', url, maxQueuedBytes: 0 }],
  ['rotate.ms', { folder: '/nowhere', url, rotate: { ms: Number.NaN } }],
  ['reserveBytes', { folder: '/nowhere', url, reserveBytes: -1 }],
  ['compress', { folder: '/nowhere', url, compress: 'lzma' }],
  ['fsync', { folder: '/nowhere', url, fsync: 'sometimes' }],
] as const)('%s is refused in %o', async ([option, options]) => expectRefused(option, options));

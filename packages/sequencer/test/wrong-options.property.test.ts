// What callers without types pass: each wrong value of each option is refused by name, with one code.
import {
  createKeyedSequencer,
  createReorderWindow,
  createScopeDetector,
  createSequencer,
  createTradeContinuity,
  initialState,
} from '@feedtape/sequencer';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const seed = Number(process.env['FEED_SEED'] ?? process.env['FEEDTAPE_SEED']);

interface Factory {
  readonly make: (options: never) => unknown;
  /** Options that are right. */
  readonly base: object;
  /** Each option, and the types of values that may be right for it. */
  readonly options: Readonly<Record<string, readonly string[]>>;
}

const FACTORIES: Readonly<Record<string, Factory>> = {
  createSequencer: {
    make: createSequencer,
    base: {},
    options: { start: ['number', 'string'], maxOpenGaps: ['number'] },
  },
  initialState: {
    make: initialState,
    base: {},
    options: { start: ['number', 'string'], maxOpenGaps: ['number'] },
  },
  createKeyedSequencer: {
    make: createKeyedSequencer,
    base: {},
    options: {
      scope: ['string', 'function'],
      maxStreams: ['number'],
      start: ['number', 'string'],
      maxOpenGaps: ['number'],
    },
  },
  createScopeDetector: {
    make: createScopeDetector,
    base: {},
    options: { scope: ['string'], frames: ['number'] },
  },
  createReorderWindow: {
    make: createReorderWindow,
    base: { release: () => {} },
    options: {
      release: ['function'],
      maxItems: ['number'],
      maxDelayMs: ['number'],
      start: ['number', 'string'],
    },
  },
  createTradeContinuity: {
    make: createTradeContinuity,
    base: {},
    options: { maxProducts: ['number'], state: ['array'] },
  },
};

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
  fc.constantFrom(null, Symbol('odd'), () => {}, 'no such scope'),
);

function refusalOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

function expectRefused(option: string, act: () => unknown): void {
  expect(refusalOf(act)).toMatchObject({ code: 'SEQUENCER_OPTION_INVALID', details: { option } });
}

test.for(Object.entries(FACTORIES))(
  `%s refuses every other type of value, and every other name (FEED_SEED=${seed})`,
  ([, { make, base, options }]) => {
    for (const [option, right] of Object.entries(options)) {
      const wrong = anyValue.filter((value) => value !== undefined && !right.includes(typeOf(value)));
      fc.assert(
        fc.property(wrong, (value) =>
          expectRefused(option, () => make({ ...base, [option]: value } as never)),
        ),
        { seed, numRuns: 200 },
      );
    }
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), anyValue, (name, value) => {
        fc.pre(!Object.hasOwn(options, name));
        expectRefused(name, () =>
          make(Object.fromEntries([...Object.entries(base), [name, value]]) as never),
        );
      }),
      { seed, numRuns: 200 },
    );
    for (const value of [null, 5, 'text', [], () => {}]) expectRefused('options', () => make(value as never));
  },
);

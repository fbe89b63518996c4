// What callers without types pass: each wrong value of each option is refused by name, with one code.
import {
  createMemoryExchange,
  createVirtualClock,
  startExchange,
  type StartOptions,
} from '@feedtape/simulator';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const seed = Number(process.env['FEED_SEED'] ?? process.env['FEEDTAPE_SEED']);

/** Each option, and the types of values that may be right for it. */
const OPTIONS: Readonly<Record<keyof StartOptions, readonly string[]>> = {
  seed: ['number'],
  products: ['array'],
  depth: ['number'],
  speed: ['number', 'string'],
  rate: ['number'],
  startAt: ['string', 'object'],
  openOrders: ['number'],
  keys: ['array'],
  requireAuth: ['boolean'],
  auth: ['object'],
  faults: ['array'],
  limits: ['object'],
  timings: ['object'],
  ledger: ['object'],
  capture: ['string', 'object', 'array'],
  captureMode: ['string'],
  port: ['number'],
  clock: [],
  wallNow: ['function'],
};

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
  fc.constantFrom(null, Symbol('odd'), () => {}, '5', [], {}),
);

async function expectRefused(option: string, options: unknown): Promise<void> {
  const refusal = { code: 'SIMULATOR_OPTION_INVALID', details: expect.objectContaining({ option }) };
  await expect(startExchange(options as StartOptions)).rejects.toMatchObject(refusal);
  if (typeof options !== 'object' || options === null) return;
  const clock = createVirtualClock();
  expect(() => createMemoryExchange({ clock, ...options })).toThrow(expect.objectContaining(refusal));
}

test.for(Object.entries(OPTIONS))(
  `%s: every other type of value is refused (FEED_SEED=${seed})`,
  async ([option, right]) => {
    const wrong = anyValue.filter((value) => value !== undefined && !right.includes(typeOf(value)));
    await fc.assert(
      fc.asyncProperty(wrong, async (value) => expectRefused(option, { [option]: value })),
      { seed, numRuns: 100 },
    );
  },
);

test(`a name that no option has is refused, inside of options too (FEED_SEED=${seed})`, async () => {
  const outer = fc.constantFrom('', 'auth', 'limits', 'timings', 'ledger');
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1 }), outer, anyValue, async (name, within, value) => {
      fc.pre(!Object.hasOwn(OPTIONS, name) && name !== 'latencyMs' && name !== '__proto__');
      if (within === '') await expectRefused(name, { [name]: value });
      else await expectRefused(`${within}.${name}`, { [within]: { [name]: value } });
    }),
    { seed, numRuns: 300 },
  );
});

test.for([
  ['options', null],
  ['options', 5],
  ['auth.leewayMs', { auth: { leewayMs: '5' } }],
  ['limits.idleMs', { limits: { idleMs: 60_000 } }],
  ['limits.level2Products', { limits: { level2Products: null } }],
  ['ledger.bytes', { ledger: { bytes: 1 } }],
  ['products', { products: [5] }],
  ['startAt', { startAt: new Date(Number.NaN) }],
] as const)('%s is refused in %o', async ([option, options]) => expectRefused(option, options));

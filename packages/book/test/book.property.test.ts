// @module-tag slow

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BookSnapshot, createBook } from '@feedtape/book';
import { type Level2Event, compareDecimals, createLevel2Decoder, parseDecimal } from '@feedtape/protocol';
import { type Row, at, event } from './level2-events.ts';

/** Levels under their numeric value, in the plainest way: the reference. */
class PlainLevels {
  readonly #sides = { bid: new Map<string, Row>(), offer: new Map<string, Row>() };

  apply({ type, updates }: Level2Event): void {
    if (type === 'snapshot') for (const side of Object.values(this.#sides)) side.clear();
    for (const { side, price_level, new_quantity } of updates) {
      const levels = this.#sides[side === 'bid' ? 'bid' : 'offer'];
      // One name for a value, however it is spelled.
      const value = shortest(price_level);
      if (compareDecimals(new_quantity, '0') === 0) levels.delete(value);
      else levels.set(value, [side, value, shortest(new_quantity)]);
    }
  }

  get bids(): Row[] {
    return [...this.#sides.bid.values()].toSorted(([, a], [, b]) => compareDecimals(b, a));
  }

  get asks(): Row[] {
    return [...this.#sides.offer.values()].toSorted(([, a], [, b]) => compareDecimals(a, b));
  }

  get crossing(): 'crossed' | 'locked' | undefined {
    const [bid, ask] = [this.bids[0]?.[1], this.asks[0]?.[1]];
    if (bid === undefined || ask === undefined) return undefined;
    return ([undefined, 'locked', 'crossed'] as const)[compareDecimals(bid, ask) + 1];
  }
}

/** Digits and point only, without zeros that say nothing. */
function shortest(text: string): string {
  const { integer, decimals } = parseDecimal(text);
  const digits = String(integer).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return decimals === 0 || fraction === '' ? whole : `${whole}.${fraction}`;
}

const rowsOf = (held: BookSnapshot | undefined): Row[] => [
  ...(held?.bids ?? []).map(({ price, size }): Row => ['bid', price, size]),
  ...(held?.asks ?? []).map(({ price, size }): Row => ['offer', price, size]),
];

const digits = (most: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((each) => each.join(''));
/** Few values near each other, so that levels meet, and now and then one that is long in some way. */
const decimal = fc.oneof(
  { weight: 12, arbitrary: fc.nat({ max: 40 }).map((value) => String(value / 4)) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat({ max: 9 }), digits(9)).map(([whole, part]) => `${whole}.${part}`),
  },
  { weight: 1, arbitrary: fc.tuple(digits(18), digits(18)).map(([whole, part]) => `${whole}.${part}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('0', '0.000', '1e-9', '9007199254740993', '9007199254740991', '1E3'),
  },
);
const size = fc.oneof({ weight: 2, arbitrary: decimal }, { weight: 1, arbitrary: fc.constant('0') });
const levelOf = (side: fc.Arbitrary<string>): fc.Arbitrary<Row> => fc.tuple(side, decimal, size);
const anySide = fc.constantFrom('bid', 'offer');
const frames = (side: fc.Arbitrary<string>): fc.Arbitrary<Level2Event[]> =>
  fc
    .tuple(
      fc.array(levelOf(side), { maxLength: 30 }),
      fc.array(
        fc.tuple(
          fc.constantFrom('snapshot', 'update', 'update', 'update'),
          fc.array(levelOf(side), { maxLength: 8 }),
        ),
        {
          maxLength: 12,
        },
      ),
    )
    .map(([first, rest]) => [event('snapshot', first), ...rest.map(([type, rows]) => event(type, rows))]);

test('law: a side holds exactly what a plain list of exact decimals holds', () => {
  // One side at a time never crosses, so that every frame counts.
  const oneSided = fc.oneof(frames(fc.constant('bid')), frames(fc.constant('offer')));
  fc.assert(
    fc.property(oneSided, (events) => {
      const book = createBook('BTC-USD');
      const plain = new PlainLevels();
      for (const each of events) {
        expect(book.apply(each)).toBe('applied');
        plain.apply(each);
        expect(rowsOf(book.snapshot())).toEqual([...plain.bids, ...plain.asks]);
      }
    }),
    { numRuns: 500 },
  );
});

test('law: a book is fresh exactly while a plain book would neither cross nor lock, and then it holds the same', () => {
  fc.assert(
    fc.property(frames(anySide), (events) => {
      const book = createBook('BTC-USD');
      let plain = new PlainLevels();
      let crossing: string | undefined;
      for (const each of events) {
        if (each.type === 'snapshot') [plain, crossing] = [new PlainLevels(), undefined];
        if (crossing === undefined) plain.apply(each);
        crossing ??= plain.crossing;
        book.apply(each);
        expect(book.staleReason).toBe(crossing);
        expect(rowsOf(book.snapshot())).toEqual(crossing === undefined ? [...plain.bids, ...plain.asks] : []);
      }
    }),
    { numRuns: 500 },
  );
});

test('law: volume to a price is the exact sum of what rests there or better', () => {
  fc.assert(
    fc.property(frames(fc.constant('offer')), decimal, (events, price) => {
      const book = createBook('BTC-USD');
      for (const each of events) book.apply(each);
      const better = (book.snapshot()?.asks ?? []).filter(
        (level) => compareDecimals(level.price, price) <= 0,
      );
      const scale = 40;
      const sum = better.reduce((total, level) => {
        const { integer, decimals } = parseDecimal(level.size);
        return total + integer * 10n ** BigInt(scale - decimals);
      }, 0n);
      const volume = parseDecimal(book.volumeTo('offer', price) ?? '');
      expect(volume.integer * 10n ** BigInt(scale - volume.decimals)).toBe(sum);
    }),
    { numRuns: 300 },
  );
});

test('law: a batch builds the same book as the decoded events', () => {
  fc.assert(
    fc.property(frames(anySide), (events) => {
      const decodeBatch = createLevel2Decoder();
      const fromEvents = createBook('BTC-USD');
      const fromBatches = createBook('BTC-USD');
      for (const each of events) {
        const text = { channel: 'l2_data', timestamp: at(0), sequence_num: 0, events: [each] };
        const batch = decodeBatch(new TextEncoder().encode(JSON.stringify(text)));
        const applied = batch === undefined ? fromBatches.apply(each) : fromBatches.applyBatch(batch);
        expect(applied).toBe(fromEvents.apply(each));
        expect(fromBatches.lastKnown()).toEqual(fromEvents.lastKnown());
      }
    }),
    { numRuns: 300 },
  );
});

test('law: thousands of levels in any order stay sorted through insertions and deletions', () => {
  // Large enough for the blocks to split, thin out and join again.
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom('bid', 'offer'), (seed, side) => {
      const book = createBook('BTC-USD');
      const plain = new Map<number, string>();
      let state = seed | 1;
      const next = (below: number): number => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
        return (state >>> 8) % below;
      };
      book.apply(event('snapshot', []));
      for (let round = 0; round < 40; round += 1) {
        // Rounds that mostly add take turns with rounds that mostly delete.
        const rows = Array.from({ length: 150 }, (): Row => {
          const price = next(3_000);
          const newSize = next(10) < (round % 8 < 5 ? 8 : 1) ? String(1 + next(9)) : '0';
          if (newSize === '0') plain.delete(price);
          else plain.set(price, newSize);
          return [side, String(price), newSize];
        });
        book.apply(event('update', rows));
        const sorted = [...plain].toSorted(([a], [b]) => (side === 'bid' ? b - a : a - b));
        const held = book.snapshot();
        expect(
          (side === 'bid' ? held?.bids : held?.asks)?.map((level) => [Number(level.price), level.size]),
        ).toEqual(sorted);
        expect(book.levelCount).toBe(sorted.length);
      }
    }),
    { numRuns: 20 },
  );
});

import { assert, asyncProperty, integer } from 'fast-check';
import { expect, test } from 'vitest';
import { subscribe } from './bare-client.ts';
import { converse, listOf, type ParsedFrame } from './conversation.ts';

const PRODUCT = 'BTC-USD';
const seeds = integer({ min: 0, max: 2 ** 31 });

/** A book by hand, nothing but maps: what a client would hold. */
interface HandBook {
  readonly bid: Map<number, string>;
  readonly offer: Map<number, string>;
}

function apply(book: HandBook, frame: ParsedFrame): void {
  if (frame.events?.[0]?.['type'] === 'snapshot') {
    book.bid.clear();
    book.offer.clear();
  }
  for (const { side, price_level: price, new_quantity: size = '' } of listOf(frame, 'updates')) {
    const levels = side === 'bid' ? book.bid : book.offer;
    if (size === '0') levels.delete(Number(price));
    else levels.set(Number(price), size);
  }
}

const sorted = (levels: ReadonlyMap<number, string>): [number, string][] =>
  [...levels].toSorted(([left], [right]) => left - right);

test('a book kept from snapshot and updates is never crossed and never loses a side', async () => {
  await assert(
    asyncProperty(seeds, integer({ min: 2, max: 400 }), async (seed, depth) => {
      const { say, frames } = await converse({ seed, depth, products: [PRODUCT] });
      await say(subscribe('level2', [PRODUCT]), 15_000);
      const book: HandBook = { bid: new Map(), offer: new Map() };
      for (const frame of frames.filter(({ channel }) => channel === 'l2_data')) {
        apply(book, frame);
        expect(Math.max(...book.bid.keys())).toBeLessThan(Math.min(...book.offer.keys()));
      }
      expect(book.bid.size).toBeGreaterThan(0);
      expect(book.offer.size).toBeGreaterThan(0);
    }),
    { numRuns: 15 },
  );
});

test('two connections that subscribed at different times hold the same book', async () => {
  await assert(
    asyncProperty(seeds, async (seed) => {
      const first = await converse({ seed, depth: 60, products: [PRODUCT] });
      const books: HandBook[] = [];
      const open = (): { send: (message: unknown) => void } => {
        const book: HandBook = { bid: new Map(), offer: new Map() };
        books.push(book);
        const socket = first.exchange.transport.open(
          first.exchange.url,
          {},
          {
            onOpen() {},
            onError() {},
            onClose() {},
            onFrame: (bytes) => apply(book, JSON.parse(Buffer.from(bytes).toString()) as ParsedFrame),
          },
        );
        return { send: (message) => socket.send(JSON.stringify(message)) };
      };
      for (let connection = 0; connection < 3; connection += 1) {
        const client = open();
        await first.clock.advance(0);
        client.send(subscribe('level2', [PRODUCT]));
        await first.clock.advance(4_321);
      }
      // Everybody is past catching up; between two flushes they agree.
      await first.clock.advance(1_000 - (first.clock.now() % 50));
      const [one, ...others] = books.map(({ bid, offer }) => [sorted(bid), sorted(offer)]);
      for (const other of others) expect(other).toEqual(one);
      expect(one?.[0]?.length).toBeGreaterThan(5);
    }),
    { numRuns: 10 },
  );
});

test('trades happen at the touch: at the best offer the maker sells, at the best bid it buys', async () => {
  const { say, frames } = await converse({ seed: 4, depth: 200, products: [PRODUCT] });
  await say(subscribe('level2', [PRODUCT]), 300);
  await say(subscribe('market_trades', [PRODUCT]), 60_000);
  const book: HandBook = { bid: new Map(), offer: new Map() };
  let near = 0;
  let trades = 0;
  for (const frame of frames) {
    if (frame.channel === 'l2_data') apply(book, frame);
    if (frame.channel !== 'market_trades' || frame.events?.[0]?.['type'] === 'snapshot') continue;
    for (const { price, side } of listOf(frame, 'trades')) {
      // Trades are told up to 250 ms after the book moved: the price is near, and nearer to its own side.
      const bid = Math.max(...book.bid.keys());
      const offer = Math.min(...book.offer.keys());
      const distance = side === 'SELL' ? Math.abs(Number(price) - offer) : Math.abs(Number(price) - bid);
      trades += 1;
      if (distance < 2) near += 1;
    }
  }
  expect(trades).toBeGreaterThan(100);
  expect(near / trades).toBeGreaterThan(0.9);
});

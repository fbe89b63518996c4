import { readFileSync } from 'node:fs';
import { createBook } from '@feedtape/book';
import { decode } from '@feedtape/protocol';
import { expect, test } from 'vitest';
import type { StatusSnapshot } from '#status/model/status-snapshot';
import { createRecordingStatus } from '#status/model/recording-status';
import { connected, disconnected, frameOf, gap, recovered, stale } from '../feed-items.ts';

const production = readFileSync(
  new URL(
    '../../../../../packages/protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv',
    import.meta.url,
  ),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line) => line.slice(line.indexOf('\t') + 1));

const level2 = (type: 'snapshot' | 'update', bid: string, product = 'BTC-USD'): string =>
  JSON.stringify({
    channel: 'l2_data',
    timestamp: '2026-09-30T00:00:00Z',
    sequence_num: 0,
    events: [
      {
        type,
        product_id: product,
        updates: [
          { side: 'bid', event_time: '2026-09-30T00:00:00Z', price_level: bid, new_quantity: '1.5' },
          { side: 'offer', event_time: '2026-09-30T00:00:00Z', price_level: '200', new_quantity: '2' },
        ],
      },
    ],
  });

const begun = () => {
  const status = createRecordingStatus({ startedAt: 0, books: true });
  status.observe(connected(0, 0));
  return status;
};

const tops = (status: ReturnType<typeof begun>): StatusSnapshot['books'] => status.snapshot(100, 100).books;

test('the tops match an independent book on production frames', () => {
  const status = begun();
  const expected = ['BTC-USD', 'ETH-USD'].map((product) => {
    const book = createBook(product);
    for (const text of production) {
      const decoded = decode(text);
      if (decoded.kind === 'message' && decoded.channel === 'l2_data') book.apply(decoded.message.events);
    }
    return {
      product,
      status: 'fresh',
      bid: book.bestBid,
      ask: book.bestAsk,
      spread: book.spread,
      levels: book.levelCount,
    };
  });
  for (const [index, text] of production.entries()) status.observe(frameOf(text, { at: index }));
  expect(tops(status)?.kept).toMatchObject(expected);
});

const jump = { kind: 'gap', missing: { from: 1, to: 4 }, count: 4 } as const;

test('a gap makes the books of its connection stale, a snapshot makes them fresh', () => {
  const status = begun();
  status.observe(frameOf(level2('snapshot', '100'), { at: 1, verdict: { kind: 'first' } }));
  status.observe(gap(0, 2, 4));
  status.observe(stale(0, 2, ['BTC-USD']));
  status.observe(frameOf(level2('update', '110'), { at: 2, verdict: jump }));
  expect(tops(status)?.kept).toMatchObject([
    { status: 'stale', reason: 'gap', bid: { price: '100', size: '1.5' } },
  ]);
  status.observe(frameOf(level2('snapshot', '120'), { at: 3 }));
  expect(tops(status)?.kept).toMatchObject([{ status: 'fresh', bid: { price: '120' }, spread: '80' }]);
});

test('a snapshot in the frame that shows the gap makes the book fresh', () => {
  const status = begun();
  status.observe(frameOf(level2('snapshot', '100'), { at: 1 }));
  status.observe(gap(0, 2, 4));
  status.observe(stale(0, 2, ['BTC-USD']));
  status.observe(frameOf(level2('snapshot', '120'), { at: 2, verdict: jump }));
  expect(tops(status)?.kept).toMatchObject([{ status: 'fresh', bid: { price: '120' } }]);
});

test('silence makes a book stale and ends without a snapshot', () => {
  const status = begun();
  status.observe(frameOf(level2('snapshot', '100'), { at: 1 }));
  status.observe(stale(0, 2, ['BTC-USD'], 'silence'));
  expect(tops(status)?.kept).toMatchObject([{ status: 'stale', reason: 'silence', bid: { price: '100' } }]);
  status.observe(recovered(0, 3, ['BTC-USD']));
  expect(tops(status)?.kept).toMatchObject([{ status: 'fresh' }]);
});

test('late and repeated frames do not overwrite newer ones', () => {
  const status = begun();
  status.observe(frameOf(level2('snapshot', '100'), { at: 1 }));
  for (const kind of ['late', 'duplicate'] as const)
    status.observe(frameOf(level2('update', '150'), { at: 2, verdict: { kind } }));
  expect(tops(status)?.kept).toMatchObject([{ bid: { price: '100' } }]);
});

test('a book uses one of two lines; the other takes over with a snapshot when the first is lost', () => {
  const status = begun();
  status.observe(frameOf(level2('snapshot', '100'), { at: 1, connection: 0 }));
  status.observe(frameOf(level2('snapshot', '105'), { at: 2, connection: 1 }));
  status.observe(frameOf(level2('update', '150'), { at: 3, connection: 1 }));
  expect(tops(status)?.kept).toMatchObject([{ bid: { price: '100' }, connection: 0 }]);
  status.observe(stale(0, 4, ['BTC-USD'], 'disconnect'));
  status.observe(disconnected(0, 4, 1000));
  expect(tops(status)?.kept).toMatchObject([{ status: 'stale', reason: 'disconnect' }]);
  status.observe(frameOf(level2('update', '150'), { at: 5, connection: 1 }));
  expect(tops(status)?.kept).toMatchObject([{ status: 'stale' }]);
  status.observe(frameOf(level2('snapshot', '111'), { at: 6, connection: 2 }));
  expect(tops(status)?.kept).toMatchObject([{ status: 'fresh', bid: { price: '111' }, connection: 2 }]);
});

test('32 books are kept, the other products are counted', () => {
  const status = begun();
  for (let number = 0; number < 40; number += 1)
    status.observe(frameOf(level2('snapshot', '100', `P${number}-USD`), { at: 1 }));
  expect(tops(status)).toMatchObject({ limit: 32, notKept: 8 });
  expect(tops(status)?.kept).toHaveLength(32);
});

test.each([
  ['is cut after its product', (text: string) => text.slice(0, -30), ['stale', 'fresh']],
  ['is cut before it', (text: string) => text.slice(0, 90), ['stale', 'stale']],
  ['has an odd price', (text: string) => text.replace('"101"', '"NaN"'), ['stale', 'fresh']],
])('a book is not fresh after an update that %s', (_, damage, expected) => {
  const status = begun();
  status.observe(frameOf(level2('snapshot', '100'), { at: 1 }));
  status.observe(frameOf(level2('snapshot', '100', 'ETH-USD'), { at: 2 }));
  status.observe(frameOf(damage(level2('update', '101')), { at: 3 }));
  expect(tops(status)?.kept.map((top) => top.status)).toEqual(expected);
  status.observe(frameOf(level2('snapshot', '102'), { at: 4 }));
  expect(tops(status)?.kept[0]?.status).toBe('fresh');
});

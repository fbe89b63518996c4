import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createBook } from '@feedtape/book';
import { createLevel2Decoder, decode } from '@feedtape/protocol';
import { WatchedBooks } from './watched-books.ts';

const file = new URL(
  '../../packages/protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv',
  import.meta.url,
);
const frames = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.slice(line.indexOf('\t') + 1));
const [btcSnapshot = '', ethSnapshot = ''] = frames.filter((frame) =>
  frame.includes('"type":"snapshot","product_id"'),
);

/** The snapshots once more, as a new subscription would bring them after the last frame. */
const snapshotsAgain = [btcSnapshot, ethSnapshot].map((frame, index) =>
  frame.replace(/"sequence_num":\d+/, `"sequence_num":${frames.length + index}`),
);

test('34 frames of a production connection: no gap, both books fresh all along, never crossed', () => {
  const watched = new WatchedBooks();
  const statuses = frames.map((frame) => {
    watched.receive(frame);
    return watched.books.map(({ status }) => status);
  });
  expect(watched.sequencer.accounting).toMatchObject({ received: 34, accepted: 34, gaps: 0, duplicates: 0 });
  expect(new Set(statuses.flat())).toEqual(new Set(['fresh']));
  expect(watched.books.map(({ productId }) => productId)).toEqual(['BTC-USD', 'ETH-USD']);
});

test('the books hold what a plain list of the levels holds, and 46 deletes find nothing to delete', () => {
  const watched = new WatchedBooks();
  const levels = new Map<string, string>();
  let deletesOfNothing = 0;
  for (const frame of frames) {
    watched.receive(frame);
    const decoded = decode(frame);
    if (decoded.kind !== 'message' || decoded.channel !== 'l2_data') continue;
    for (const { product_id, updates } of decoded.message.events) {
      for (const { side, price_level, new_quantity } of updates) {
        const key = `${product_id} ${side} ${price_level}`;
        if (new_quantity !== '0') levels.set(key, new_quantity);
        else if (!levels.delete(key)) deletesOfNothing += 1;
      }
    }
  }
  expect(deletesOfNothing).toBe(46);
  const held = watched.books.flatMap((book) =>
    (['bid', 'offer'] as const).flatMap((side) =>
      Array.from(
        book.levels(side) ?? [],
        ({ price, size }) => [`${book.productId} ${side} ${price}`, size] as const,
      ),
    ),
  );
  expect(new Map(held)).toEqual(levels);
});

test.for(frames.map((_, removed) => removed))(
  'without frame %i: one gap, and both books stale until their next snapshot',
  (removed) => {
    const watched = new WatchedBooks();
    for (const [index, frame] of frames.entries()) if (index !== removed) watched.receive(frame);
    for (const frame of snapshotsAgain.slice(0, 1)) watched.receive(frame);
    const gaps = watched.verdicts.filter(({ kind }) => kind === 'gap');
    expect(gaps).toEqual([{ kind: 'gap', missing: { from: removed, to: removed }, count: 1 }]);

    // A loss before a product's own snapshot costs that product nothing.
    const ethIsWhole = removed < 5;
    expect([watched.book('BTC-USD').status, watched.book('ETH-USD').status]).toEqual([
      'fresh',
      ethIsWhole ? 'fresh' : 'stale',
    ]);
    watched.receive(snapshotsAgain[1]!);
    expect(watched.books.map(({ status }) => status)).toEqual(['fresh', 'fresh']);
    expect(watched.sequencer.accounting).toMatchObject({ gaps: 1, missing: 1 });
  },
);

test.for(frames.map((_, removed) => removed).slice(6, -1))(
  'without frame %i: from the gap on neither book gives a price',
  (removed) => {
    const watched = new WatchedBooks();
    for (const frame of frames.slice(0, removed)) watched.receive(frame);
    expect(watched.books.map(({ status }) => status)).toEqual(['fresh', 'fresh']);
    for (const frame of frames.slice(removed + 1)) {
      watched.receive(frame);
      expect(watched.books.map(({ top }) => top)).toEqual([
        { status: 'stale', reason: 'gap' },
        { status: 'stale', reason: 'gap' },
      ]);
    }
  },
);

test('the fast decoder’s integers build the same books', () => {
  const watched = new WatchedBooks();
  const decodeBatch = createLevel2Decoder();
  const books = ['BTC-USD', 'ETH-USD'].map((productId) => createBook(productId));
  for (const frame of frames) {
    watched.receive(frame);
    const batch = decodeBatch(new TextEncoder().encode(frame));
    if (batch !== undefined) for (const book of books) book.applyBatch(batch);
    for (const book of books) expect(book.lastKnown()).toEqual(watched.book(book.productId).lastKnown());
  }
});

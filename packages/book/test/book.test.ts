import { describe, expect, test } from 'vitest';
import { type Book, BookError, type TopOfBook, createBook } from '@feedtape/book';
import { type Level2Event, createLevel2Decoder } from '@feedtape/protocol';
import { type Row, at, event, snapshot, update } from './level2-events.ts';

const SMALL = snapshot(
  ['bid', '99.5', '1'],
  ['bid', '99', '2'],
  ['offer', '100', '3'],
  ['offer', '100.25', '0.5'],
);

const freshBook = (): Book => {
  const book = createBook('BTC-USD');
  expect(book.apply(SMALL)).toBe('applied');
  return book;
};

const rowsOf = (book: Book): Row[] => {
  const held = book.lastKnown();
  return [
    ...(held?.bids ?? []).map(({ price, size }): Row => ['bid', price, size]),
    ...(held?.asks ?? []).map(({ price, size }): Row => ['offer', price, size]),
  ];
};

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
  } catch (error) {
    return error instanceof BookError ? error.code : String(error);
  }
  return undefined;
};

describe('applying', () => {
  test('a snapshot makes the book fresh, best price first on both sides, in any order of levels', () => {
    const book = createBook('BTC-USD');
    book.apply(
      snapshot(
        ['offer', '101', '1'],
        ['bid', '98', '1'],
        ['bid', '99', '2'],
        ['offer', '100', '4'],
        ['bid', '97', '1'],
        ['offer', '102', '1'],
      ),
    );
    expect(book.status).toBe('fresh');
    expect(rowsOf(book)).toEqual([
      ['bid', '99', '2'],
      ['bid', '98', '1'],
      ['bid', '97', '1'],
      ['offer', '100', '4'],
      ['offer', '101', '1'],
      ['offer', '102', '1'],
    ]);
  });

  test('an update sets the whole size, adds levels and deletes with any spelling of zero', () => {
    const book = freshBook();
    const applied = book.apply(
      update(
        ['bid', '99.5', '7'],
        ['bid', '99.1', '1'],
        ['bid', '99', '0.00000000'],
        ['offer', '100', '0'],
        ['offer', '100.50', '2.50'],
      ),
    );
    expect(applied).toBe('applied');
    expect(rowsOf(book)).toEqual([
      ['bid', '99.5', '7'],
      ['bid', '99.1', '1'],
      ['offer', '100.25', '0.5'],
      ['offer', '100.5', '2.5'],
    ]);
  });

  test('deleting an unknown level is normal, also with more decimals than the book has', () => {
    const book = freshBook();
    expect(book.apply(update(['bid', '12', '0'], ['offer', '100.123456789', '0']))).toBe('applied');
    expect(book.levelCount).toBe(4);
  });

  test('a snapshot replaces all levels', () => {
    const book = freshBook();
    book.apply(snapshot(['bid', '5', '1']));
    expect(rowsOf(book)).toEqual([['bid', '5', '1']]);
  });

  test('a snapshot without levels is a fresh book without prices', () => {
    const book = createBook('BTC-USD');
    book.apply(snapshot());
    expect(book.top).toEqual({ status: 'fresh', bid: undefined, ask: undefined });
    expect([book.mid, book.spread, book.depth('bid', 5)]).toEqual([undefined, undefined, []]);
  });

  test('the last of two equal prices in a snapshot counts, and size 0 is no level', () => {
    const book = createBook('BTC-USD');
    book.apply(
      snapshot(
        ['bid', '9', '1'],
        ['bid', '9.0', '2'],
        ['bid', '8', '0'],
        ['bid', '7', '3'],
        ['bid', '7', '0'],
        ['offer', '10', '0'],
        ['offer', '10', '4'],
      ),
    );
    expect(rowsOf(book)).toEqual([
      ['bid', '9', '2'],
      ['offer', '10', '4'],
    ]);
  });

  test('a frame of another product changes nothing', () => {
    const book = freshBook();
    const before = rowsOf(book);
    expect(book.apply(event('update', [['bid', '99.5', '9']], { product: 'ETH-USD' }))).toBe('other-product');
    expect(book.apply([])).toBe('other-product');
    expect(rowsOf(book)).toEqual(before);
  });

  test('a frame with several events and products applies those of the book in order', () => {
    const book = createBook('BTC-USD');
    const other = event('snapshot', [['bid', '1', '1']], { product: 'ETH-USD' });
    expect(book.apply([other, SMALL, update(['bid', '99.5', '4']), other])).toBe('applied');
    expect(book.bestBid).toEqual({ price: '99.5', size: '4' });
  });

  test('an update older than the snapshot is skipped, one of the same time or without a time is applied', () => {
    const book = createBook('BTC-USD');
    book.apply(event('snapshot', [['bid', '9', '5']], { time: at(30) }));
    expect(book.apply(event('update', [['bid', '9', '1']], { time: at(29) }))).toBe('outdated');
    expect(book.bestBid?.size).toBe('5');
    expect(book.apply(event('update', [['bid', '9', '2']], { time: at(30) }))).toBe('applied');
    expect(book.apply(event('update', [['bid', '9', '3']], { time: '1970-01-01T00:00:00Z' }))).toBe(
      'applied',
    );
    expect(book.bestBid?.size).toBe('3');
  });

  test.for([
    ['2026-09-30T12:00:30.1Z', '2026-09-30T12:00:30.12Z', 'applied'],
    ['2026-09-30T12:00:30.12Z', '2026-09-30T12:00:30.1Z', 'outdated'],
    ['2026-09-30T12:00:30Z', '2026-09-30T12:00:30.000001Z', 'applied'],
    ['2026-09-30T12:00:30.9Z', '2026-09-30T12:00:31Z', 'applied'],
    ['2026-09-30T12:00:30Z', '2026-09-30T14:00:29+02:00', 'outdated'],
    ['2026-09-30T12:00:30Z', 'yesterday', 'applied'],
  ] as const)('after a snapshot of %s an update of %s is %s', (row) => {
    const [snapshotTime, time, applied] = row;
    const book = createBook('BTC-USD');
    book.apply(event('snapshot', [['bid', '9', '5']], { time: snapshotTime }));
    expect(book.apply(event('update', [['bid', '9', '1']], { time }))).toBe(applied);
  });
});

describe('reading', () => {
  test('best prices, mid and spread are exact', () => {
    const book = freshBook();
    expect(book.bestBid).toEqual({ price: '99.5', size: '1' });
    expect(book.bestAsk).toEqual({ price: '100', size: '3' });
    expect([book.mid, book.spread]).toEqual(['99.75', '0.5']);
  });

  test('depth gives the best levels, and volume the size at a price or better', () => {
    const book = freshBook();
    expect(book.depth('offer', 1)).toEqual([{ price: '100', size: '3' }]);
    expect(book.depth('bid', 10)).toHaveLength(2);
    expect(book.volumeTo('bid', '99.2')).toBe('1');
    expect(book.volumeTo('bid', '99')).toBe('3');
    expect(book.volumeTo('offer', '100.249')).toBe('3');
    expect(book.volumeTo('offer', '1000')).toBe('3.5');
    expect(book.volumeTo('offer', '1')).toBe('0');
  });

  test('a snapshot for a consumer is frozen and does not change', () => {
    const book = freshBook();
    const taken = book.snapshot(1);
    book.apply(update(['bid', '99.5', '0']));
    expect(taken).toEqual({
      productId: 'BTC-USD',
      status: 'fresh',
      bids: [{ price: '99.5', size: '1' }],
      asks: [{ price: '100', size: '3' }],
    });
    expect([taken, taken?.bids, taken?.bids[0]].every(Object.isFrozen)).toBe(true);
  });

  test('a change of the book during an iteration over its levels is an error', () => {
    const book = freshBook();
    const act = (): void => {
      for (const _ of book.levels('bid') ?? []) book.apply(update(['bid', '99.5', '4']));
    };
    expect(codeOf(act)).toBe('BOOK_CHANGED');
    expect([...(book.levels('offer') ?? [])]).toHaveLength(2);
  });

  test('volumeTo rejects anything but a price', () => {
    expect(codeOf(() => freshBook().volumeTo('bid', '-1'))).toBe('BOOK_PRICE_INVALID');
  });
});

const pricesOf = (book: Book): unknown[] => [
  book.bestBid,
  book.bestAsk,
  book.mid,
  book.spread,
  book.depth('bid', 1),
  book.volumeTo('bid', '1'),
  book.levels('bid'),
  book.snapshot(),
];
const nothing = pricesOf(createBook('BTC-USD')).map(() => undefined);

describe('a book that must not be trusted', () => {
  test('gives no price before its first snapshot', () => {
    const book = createBook('BTC-USD');
    expect(book.top).toEqual({ status: 'empty' });
    expect(book.lastKnown()).toBeUndefined();
    expect(pricesOf(book)).toEqual(nothing);
  });

  test.for(['gap', 'disconnect', 'silence'] as const)(
    'gives no price after a %s, until a snapshot',
    (reason) => {
      const book = freshBook();
      book.markStale(reason);
      expect(book.top).toEqual({ status: 'stale', reason });
      expect(pricesOf(book)).toEqual(nothing);
      expect(book.apply(update(['bid', '99.5', '8']))).toBe('ignored');
      expect(book.lastKnown(1)).toMatchObject({
        status: 'stale',
        reason,
        bids: [{ price: '99.5', size: '1' }],
      });
      expect(book.apply(SMALL)).toBe('applied');
      expect(book.bestBid).toEqual({ price: '99.5', size: '1' });
    },
  );

  test('an update before any snapshot makes it stale', () => {
    const book = createBook('BTC-USD');
    expect(book.apply(update(['bid', '1', '1']))).toBe('became-stale');
    expect(book.staleReason).toBe('update-before-snapshot');
    expect(pricesOf(book)).toEqual(nothing);
  });

  test.for([
    ['crossed', '100.01'],
    ['locked', '100'],
  ] as const)('a frame that leaves it %s makes it stale', ([reason, price]) => {
    const book = freshBook();
    expect(book.apply(update(['bid', price, '1']))).toBe('became-stale');
    expect(book.staleReason).toBe(reason);
    expect(pricesOf(book)).toEqual(nothing);
  });

  test('a crossed snapshot makes it stale', () => {
    const book = createBook('BTC-USD');
    expect(book.apply(snapshot(['bid', '2', '1'], ['offer', '1', '1']))).toBe('became-stale');
    expect(book.staleReason).toBe('crossed');
  });

  test('a book that is crossed only within a frame stays fresh', () => {
    const book = freshBook();
    expect(book.apply(update(['bid', '100', '1'], ['offer', '100', '0']))).toBe('applied');
    expect(book.apply([update(['bid', '100.25', '1']), update(['offer', '100.25', '0'])])).toBe('applied');
    expect(book.status).toBe('fresh');
  });

  test.for([
    ['a negative size', ['bid', '99', '-1']],
    ['a negative price', ['bid', '-99', '1']],
    ['an empty price', ['bid', '', '1']],
    ['an empty size', ['bid', '99', '']],
    ['the side "ask"', ['ask', '99', '1']],
    ['no number', ['bid', '99', 'NaN']],
    ['a sign', ['bid', '+99', '1']],
    ['half a decimal', ['bid', '99.', '1']],
    ['blanks', ['bid', ' 99', '1']],
    ['65 digits', ['bid', '1'.repeat(65), '1']],
    ['more decimals than can be kept', ['bid', '1e-65', '1']],
  ] as const)('%s makes it stale', ([, row]) => {
    const book = freshBook();
    expect(book.apply(update(row))).toBe('became-stale');
    expect(book.staleReason).toBe('unreadable');
    expect(createBook('BTC-USD').apply(snapshot(row))).toBe('became-stale');
  });

  test('an event of an unknown type makes it stale', () => {
    const book = freshBook();
    expect(book.apply(event('delta', []))).toBe('became-stale');
    expect(book.staleReason).toBe('unreadable');
  });
});

describe('exactness', () => {
  test('a finer decimal rescales the book', () => {
    const book = freshBook();
    book.apply(update(['bid', '99.50000001', '0.00000000123']));
    expect(rowsOf(book)).toEqual([
      ['bid', '99.50000001', '0.00000000123'],
      ['bid', '99.5', '1'],
      ['bid', '99', '2'],
      ['offer', '100', '3'],
      ['offer', '100.25', '0.5'],
    ]);
  });

  test('prices and sizes above 2^53-1 are exact', () => {
    const long = '12345678901234567890.123456789012345678901234567';
    const book = freshBook();
    book.apply(update(['offer', long, '9007199254740993'], ['bid', '0.000000000000000000001', long]));
    expect(rowsOf(book)).toEqual([
      ['bid', '99.5', '1'],
      ['bid', '99', '2'],
      ['bid', '0.000000000000000000001', long],
      ['offer', '100', '3'],
      ['offer', '100.25', '0.5'],
      ['offer', long, '9007199254740993'],
    ]);
    book.apply(update(['offer', long, '0'], ['bid', '99.5', '4']));
    expect(book.mid).toBe('99.75');
    expect(book.volumeTo('bid', '0')).toBe('12345678901234567896.123456789012345678901234567');
    expect(book.levelCount).toBe(5);
  });

  test('a low price and an absurdly high offer are exact, although one scale for both exceeds 2^53-1', () => {
    const book = createBook('BTC-USD');
    book.apply(snapshot(['bid', '0.0000000001', '1'], ['offer', '87654321.1234567', '1']));
    expect(book.top).toEqual({
      status: 'fresh',
      bid: { price: '0.0000000001', size: '1' },
      ask: { price: '87654321.1234567', size: '1' },
    });
    expect(book.mid).toBe('43827160.56172835005');
  });

  test('an exponent is understood', () => {
    const book = createBook('BTC-USD');
    book.apply(snapshot(['bid', '1e-7', '2E3']));
    expect(book.bestBid).toEqual({ price: '0.0000001', size: '2000' });
  });
});

describe('watching the top', () => {
  test('a listener is called for changes of best prices, their sizes and the status only', () => {
    const book = createBook('BTC-USD');
    const heard: TopOfBook[] = [];
    const stop = book.onTopChange((top) => heard.push(top));
    book.apply(SMALL);
    book.apply(update(['bid', '99', '5']));
    book.apply(update(['bid', '99.123456789', '5']));
    book.apply(update(['bid', '99.5', '0']));
    book.markStale('gap');
    book.markStale('disconnect');
    stop();
    book.apply(SMALL);
    const ask = { price: '100', size: '3' };
    expect(heard).toEqual([
      { status: 'fresh', bid: { price: '99.5', size: '1' }, ask },
      { status: 'fresh', bid: { price: '99.123456789', size: '5' }, ask },
      { status: 'stale', reason: 'gap' },
    ]);
  });

  test('an error of a listener is thrown to the caller of apply, after all listeners have run, and the book is consistent', () => {
    const book = freshBook();
    const heard: TopOfBook[] = [];
    book.onTopChange(() => {
      throw new Error('listener');
    });
    book.onTopChange((top) => heard.push(top));
    expect(() => book.apply(update(['bid', '99.5', '2']))).toThrow('listener');
    expect(book.bestBid?.size).toBe('2');
    expect(() => book.markStale('gap')).toThrow('listener');
    expect(heard.map(({ status }) => status)).toEqual(['fresh', 'stale']);
  });
});

const bytesOf = (events: readonly Level2Event[]): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ channel: 'l2_data', timestamp: at(0), sequence_num: 0, events }));

test('a batch and the decoded events build the same book', () => {
  const decodeBatch = createLevel2Decoder();
  const fromEvents = createBook('BTC-USD');
  const fromBatches = createBook('BTC-USD');
  for (const frame of [
    [SMALL],
    [update(['bid', '99.5', '0'], ['offer', '99.75', '0.125'])],
    [update(['bid', '99.75', '1'])],
  ]) {
    const batch = decodeBatch(bytesOf(frame));
    expect(batch && fromBatches.applyBatch(batch)).toBe(fromEvents.apply(frame));
    expect(fromBatches.lastKnown()).toEqual(fromEvents.lastKnown());
  }
  expect(fromBatches.staleReason).toBe('locked');
});

test('a batch with more decimals than a book keeps makes it stale, as the decoded event does', () => {
  const batch = createLevel2Decoder()(bytesOf([update(['bid', '99', '1'])]));
  const book = freshBook();
  batch?.priceDecimals.fill(65);
  expect(batch && book.applyBatch(batch)).toBe('became-stale');
  expect(book.staleReason).toBe('unreadable');
});

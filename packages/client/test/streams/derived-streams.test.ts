import {
  nextItem,
  type BookLike,
  books,
  createBookKeeper,
  messages,
  openFeed,
  trades,
} from '@feedtape/client';
import { expect, test } from 'vitest';
import { LEVEL2 } from '../collected.ts';
import { createBook } from '../level-book.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, Stage } from '../stage.ts';

function start(redundancy: 1 | 2 = 1) {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  beatForever(stage);
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: [...LEVEL2, { channel: 'market_trades', productIds: ['BTC-USD'] }],
    redundancy,
    transport: stage,
    clock,
    random: () => 0.5,
  });
  return { clock, stage, feed };
}

async function readAll(stream: AsyncIterable<unknown>): Promise<number> {
  let values = 0;
  for await (const value of stream) values += Number(value !== undefined);
  return values;
}

const fails = (): never => {
  throw new Error('mine');
};

test('a loop over books() sees each state, also when several frames arrived at once', async () => {
  const { clock, stage, feed } = start();
  await clock.pass(1_000);
  const all = books(feed, createBook);
  const sizes: (number | undefined)[] = [];
  const loop = (async () => {
    for await (const { productId, book } of all) {
      if (productId === 'BTC-USD') sizes.push(book.levels.get(1));
      if (sizes.length === 4) break;
    }
  })();
  for (const size of ['7', '8', '9'])
    stage.last.frame('l2_data', [
      {
        type: 'update',
        product_id: 'BTC-USD',
        updates: [
          { side: 'bid', event_time: '2026-09-30T02:39:53.1Z', price_level: '1', new_quantity: size },
        ],
      },
    ]);
  await clock.pass(3_000);
  await loop;
  expect(sizes).toEqual([1, 7, 8, 9]);
});

test.for([
  ['a createBook that throws', (feed: ReturnType<typeof openFeed>) => books(feed, fails)],
  [
    'a book that throws',
    (feed: ReturnType<typeof openFeed>) =>
      books(feed, () => ({ status: 'empty' as const, apply: fails, applyBatch: fails, markStale: fails })),
  ],
] as const)('%s rejects the loop and closes the feed', async ([, open]) => {
  const { clock, stage, feed } = start();
  const outcome = readAll(open(feed)).catch((error: unknown) => error);
  await clock.pass(5_000);
  expect(await outcome).toMatchObject({ message: 'mine' });
  expect(stage.live).toEqual([]);
  expect(feed.statistics.queuedItems).toBe(0);
});

test.for(['break', 'throw', 'return'] as const)(
  'a derived stream left by %s closes the feed',
  async (how) => {
    for (const open of [
      (feed: ReturnType<typeof openFeed>) => books(feed, createBook),
      (feed: ReturnType<typeof openFeed>) => messages(feed, 'market_trades'),
      (feed: ReturnType<typeof openFeed>) => trades(feed),
    ]) {
      const { clock, stage, feed } = start();
      const leave = (async () => {
        const stream: AsyncIterable<unknown> = open(feed);
        for await (const item of stream) {
          if (how === 'break') break;
          if (how === 'throw') fails();
          return item;
        }
        return undefined;
      })().catch(() => undefined);
      await clock.pass(1_000);
      stage.last.frame('market_trades', [{ type: 'update', trades: [trade('BTC-USD', '7')] }]);
      await clock.pass(5_000);
      await leave;
      expect(stage.live).toEqual([]);
    }
  },
);

test('a stream rejected as second reader leaves the feed open', async () => {
  const { clock, stage, feed } = start();
  const seen: string[] = [];
  void feed.consume(({ kind }) => void seen.push(kind));
  const second = books(feed, createBook)[Symbol.asyncIterator]();
  await expect(second.next()).rejects.toMatchObject({ code: 'CLIENT_BUSY' });
  await clock.pass(2_000);
  expect(seen).toContain('frame');
  expect(stage.live).toHaveLength(1);
});

test('with two lines, books() opened when both are up keeps a book a line', async () => {
  const { clock, stage, feed } = start(2);
  const up = (async () => {
    await nextItem(feed, 'connected');
    await nextItem(feed, 'connected');
  })();
  const made: string[] = [];
  await clock.pass(40);
  await up;
  const all = books(feed, (productId) => {
    made.push(productId);
    return createBook(productId);
  });
  void readAll(all);
  await clock.pass(1_000);
  expect(made.toSorted()).toEqual(['BTC-USD', 'BTC-USD', 'ETH-USD', 'ETH-USD']);
  // A gap on the one line leaves the book of the other fresh.
  stage.sockets[0]?.frame('ticker', [], (stage.sockets[0].sequence ?? 0) + 5);
  await clock.pass(10);
  expect(all.get('BTC-USD')?.status).toBe('fresh');
});

test('books() opened after the snapshots requests new ones', async () => {
  const { clock, stage, feed } = start();
  const gone = feed.batches()[Symbol.asyncIterator]();
  await clock.pass(1_000);
  await gone.next();
  const all = books(feed, createBook);
  void readAll(all);
  await clock.pass(1_000);
  expect(all.get('BTC-USD')).toBeUndefined();
  stage.last.update('BTC-USD');
  await clock.pass(1_000);
  expect(all.get('BTC-USD')?.status).toBe('fresh');
});

test('a product on its way to another connection is fed by the one with the newer snapshot only', () => {
  const keeper = createBookKeeper(createBook);
  keeper.take(item(0, 'snapshot', '1'));
  keeper.take(item(1, 'snapshot', '2'));
  keeper.take(item(0, 'update', '3'));
  keeper.take(item(1, 'update', '4'));
  expect([...(keeper.get('BTC-USD')?.book.levels.keys() ?? [])]).toEqual([2, 4]);
  // What the old connection loses no longer matters.
  keeper.take({
    kind: 'stale',
    connection: 0,
    line: 0,
    at: 0,
    productIds: ['BTC-USD'],
    reason: 'unsubscribed',
  });
  expect(keeper.get('BTC-USD')?.status).toBe('fresh');
});

test('a trade with an odd id is delivered and ends nothing', async () => {
  const { clock, stage, feed } = start(2);
  const seen: string[] = [];
  void (async () => {
    for await (const item of trades(feed)) if (item.kind === 'trade') seen.push(item.trade.trade_id);
  })();
  await clock.pass(1_000);
  const send = (socket: number, ids: readonly string[]): void =>
    stage.sockets[socket]?.frame('market_trades', [
      { type: 'update', trades: ids.map((id) => trade('BTC-USD', id)) },
    ]);
  send(0, ['1']);
  send(0, ['9']);
  send(1, ['not a number', '1e3', '']);
  send(1, ['10']);
  await clock.pass(1_000);
  expect(seen).toEqual(expect.arrayContaining(['1', '9', 'not a number', '10']));
  expect(stage.live).toHaveLength(2);
});

test('a backfill that never answers is given up, at most 16 are under way, and the stream still ends', async () => {
  const { clock, stage, feed } = start();
  let asked = 0;
  const errors: unknown[] = [];
  let ended = false;
  const hang = async (): Promise<never> => {
    asked += 1;
    return new Promise(() => {});
  };
  void (async () => {
    const options = { backfill: hang, onBackfillError: (error: unknown) => void errors.push(error), clock };
    for await (const item of trades(feed, options)) expect(item.kind).toMatch(/trade|missing/);
    ended = true;
  })();
  await clock.pass(1_000);
  for (let id = 1; id < 100; id += 2)
    stage.last.frame('market_trades', [{ type: 'update', trades: [trade('BTC-USD', String(id))] }]);
  for (let turn = 0; turn < 100; turn += 1) await clock.pass(10);
  expect(asked).toBe(16);
  expect(errors).toHaveLength(33);
  void feed.close();
  for (let turn = 0; turn < 100; turn += 1) await clock.pass(310);
  expect(errors).toHaveLength(49);
  expect(errors.at(-1)).toMatchObject({ code: 'CLIENT_BACKFILL_FAILED' });
  expect(ended).toBe(true);
});

test('a listener for failed backfills that throws comes out of the loop and closes the feed', async () => {
  const { clock, stage, feed } = start();
  const stream = trades(feed, { backfill: async () => fails(), onBackfillError: fails });
  const outcome = readAll(stream).catch((error: unknown) => error);
  await clock.pass(1_000);
  for (const id of ['1', '5'])
    stage.last.frame('market_trades', [{ type: 'update', trades: [trade('BTC-USD', id)] }]);
  await clock.pass(5_000);
  expect(await outcome).toMatchObject({ message: 'mine' });
  expect(stage.live).toEqual([]);
});

/** A book that no snapshot makes right. */
const crossed = (): BookLike => ({
  status: 'empty',
  apply() {},
  applyBatch() {
    Object.assign(this, { status: 'stale' });
  },
  markStale() {},
});

test('a crossed first snapshot is requested again', () => {
  const broken: string[] = [];
  const keeper = createBookKeeper(crossed, (productId) => void broken.push(productId));
  keeper.take(item(0, 'snapshot', '1'));
  expect(broken).toEqual(['BTC-USD']);
});

test('books of unsubscribed products are removed', async () => {
  const { clock, feed } = start();
  const keeper = createBookKeeper(createBook);
  void feed.consume((item) => void keeper.take(item));
  await clock.pass(1_000);
  for (let number = 0; number < 50; number += 1) {
    feed.subscribe({ channel: 'level2', productIds: [`P${number}-USD`] });
    await clock.pass(500);
    feed.unsubscribe({ channel: 'level2', productIds: [`P${number}-USD`] });
    await clock.pass(500);
  }
  expect(keeper.productIds).toEqual(['BTC-USD', 'ETH-USD']);
});

test('books() creates no book for a product that was never requested', async () => {
  const { clock, stage, feed } = start();
  const all = books(feed, createBook);
  void readAll(all);
  await clock.pass(1_000);
  for (let number = 0; number < 100; number += 1) stage.last.snapshot(`X${number}-USD`);
  await clock.pass(1_000);
  expect(all.productIds).toEqual(['BTC-USD', 'ETH-USD']);
});

/** A frame of one level. */
const item = (connection: number, type: string, price: string) => ({
  kind: 'frame' as const,
  connection,
  line: 0,
  index: 0,
  at: 0,
  binary: false,
  channel: 'l2_data',
  verdict: { kind: 'next' as const },
  bytes: new TextEncoder().encode(
    JSON.stringify({
      channel: 'l2_data',
      timestamp: '2026-09-30T02:39:53.1Z',
      sequence_num: 1,
      events: [
        {
          type,
          product_id: 'BTC-USD',
          updates: [
            { side: 'bid', event_time: '2026-09-30T02:39:53.1Z', price_level: price, new_quantity: '1' },
          ],
        },
      ],
    }),
  ),
  decoded: undefined as never,
});

const trade = (productId: string, id: string): Record<string, string> => ({
  trade_id: id,
  product_id: productId,
  price: '1',
  size: '1',
  time: '2026-09-30T02:39:53.1Z',
  side: 'BUY',
});

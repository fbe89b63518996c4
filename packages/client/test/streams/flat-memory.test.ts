// @module-tag slow

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createBookKeeper, openFeed, trades } from '@feedtape/client';
import { expect, test } from 'vitest';
import { LEVEL2 } from '../collected.ts';
import { createBook } from '../level-book.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, Stage } from '../stage.ts';

// FEED_FRAMES=1000000 is the nightly form.
const FRAMES = Number(process.env['FEED_FRAMES'] ?? 100_000);
const MOST_GROWN = 8 * 1_048_576;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Does something so many times; how much more is held in the end than after the first fifth. */
async function growth(act: (number: number) => void, rest: () => Promise<unknown>): Promise<number> {
  let before = 0;
  for (let number = 0; number < FRAMES; number += 1) {
    if (number === FRAMES / 5) before = heap();
    act(number);
    if (number % 1_000 === 0) await rest();
  }
  await rest();
  return heap() - before;
}

function start() {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  beatForever(stage);
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: [...LEVEL2, { channel: 'market_trades', productIds: ['BTC-USD'] }],
    transport: stage,
    clock,
    random: () => 0.5,
  });
  return { clock, stage, feed };
}

const hang = async (): Promise<never> => new Promise(() => {});

test('a backfill that never answers costs no memory', { timeout: 600_000 }, async () => {
  const { clock, stage, feed } = start();
  let values = 0;
  void (async () => {
    for await (const item of trades(feed, { backfill: hang, backfillMs: 1_000, clock }))
      values += Number(item.kind === 'trade');
  })();
  await clock.pass(1_000);
  const grown = await growth(
    (number) =>
      stage.last.frame('market_trades', [
        {
          type: 'update',
          trades: [
            {
              trade_id: String(1 + number * 2),
              product_id: 'BTC-USD',
              price: '1',
              size: '1',
              time: '2026-09-30T02:39:53.1Z',
              side: 'BUY',
            },
          ],
        },
      ]),
    async () => {
      for (let turn = 0; turn < 20; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        await clock.pass(20);
      }
    },
  );
  expect(values).toBeGreaterThan(FRAMES / 2);
  expect(grown).toBeLessThan(MOST_GROWN);
});

test('any number of foreign product names takes no memory', { timeout: 600_000 }, async () => {
  const { clock, stage, feed } = start();
  void feed.consume(() => {});
  await clock.pass(1_000);
  const grown = await growth(
    (number) => {
      if (number % 2 === 0) stage.last.snapshot(`X${number}-USD`);
      else stage.last.update(`X${number}-USD`);
    },
    async () => clock.pass(10),
  );
  expect(grown).toBeLessThan(MOST_GROWN);
});

test('books of unsubscribed products take no memory', { timeout: 600_000 }, () => {
  const keeper = createBookKeeper(createBook);
  let before = 0;
  for (let number = 0; number < FRAMES; number += 1) {
    if (number === FRAMES / 5) before = heap();
    const productId = `P${number}-USD`;
    keeper.take(frameOf(productId, 'snapshot'));
    const at = { connection: 0, line: 0, at: 0, productIds: [productId] };
    keeper.take({ kind: 'stale', ...at, reason: 'unsubscribed' });
    // Still on its way when the request left.
    keeper.take(frameOf(productId, 'update'));
  }
  expect(keeper.productIds).toEqual([]);
  expect(heap() - before).toBeLessThan(MOST_GROWN);
});

const frameOf = (productId: string, type: string) => ({
  kind: 'frame' as const,
  connection: 0,
  line: 0,
  index: 0,
  at: 0,
  binary: false,
  channel: 'l2_data',
  verdict: { kind: 'next' as const },
  bytes: Buffer.from(
    `{"channel":"l2_data","timestamp":"2026-09-30T02:39:53.1Z","sequence_num":1,"events":[{"type":"${type}","product_id":"${productId}","updates":[{"side":"bid","event_time":"2026-09-30T02:39:53.1Z","price_level":"1","new_quantity":"1"}]}]}`,
  ),
  decoded: undefined as never,
});

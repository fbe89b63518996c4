// @module-tag slow
// @module-tag seeded

import { createBook } from '@feedtape/book';
import { createBookKeeper, defaultBackoff, openFeed } from '@feedtape/client';
import { expect, test } from 'vitest';
import { type Chaos, isInvisible, PRODUCTS, startChaos } from './chaos.ts';
import { missingOn, Receipt } from './ground-truth.ts';

const TIMES = Number(process.env['FEEDTAPE_TIMES'] ?? 1);
// FEED_SEED=17 runs one storm again; FEED_SEEDS=2000 is the nightly form, FEED_FIRST_SEED=1001 where it begins.
const { FEED_SEED: one, FEED_SEEDS: many = 10 * TIMES, FEED_FIRST_SEED: first = '1' } = process.env;
/**
 * Found by chance once: 437 and 835, a snapshot that was crossed itself; 902, an acknowledgement sent twice; 39, one with a
 * channel damaged; 202, one with a product damaged; 1126 and 1412, one cut short whose number had become another one.
 */
const REGRESSIONS = [437, 835, 902, 39, 202, 1126, 1412];
const seeds =
  one === undefined
    ? [...REGRESSIONS, ...Array.from({ length: Number(many) }, (_, index) => Number(first) + index)]
    : [Number(one)];

/** As long as a storm lasts, and as long as a feed may take after it, in milliseconds. */
const STORM_MS = 20_000;
const FRESH_MS = 10_000;

test.for(seeds)(
  'a storm of faults: no book lies, every frame is accounted for, all is fresh 10 s later but for one announced wait (FEED_SEED=%i)',
  async (seed) => {
    const chaos = startChaos(seed);
    await chaos.clock.advance(STORM_MS);
    chaos.exchange.faults.clear();
    expect(await outlast(chaos)).toBeLessThanOrEqual(defaultBackoff.maxRetryMs);
    expect(chaos.ended()).toBeUndefined();
    await judge(chaos);
  },
);

test.for(seeds)(
  'the same with retries after 3 s at most: all is fresh 10 s later (FEED_SEED=%i)',
  async (seed) => {
    const chaos = startChaos(seed, { firstRetryMs: 1_000, maxRetryMs: 3_000 });
    await chaos.clock.advance(STORM_MS);
    chaos.exchange.faults.clear();
    await chaos.clock.advance(FRESH_MS);
    expect(chaos.ended()).toBeUndefined();
    await judge(chaos);
  },
);

/** Lets 10 s pass in which the feed does not wait for an announced retry; returns how long it did. */
async function outlast({ clock, feed }: Chaos): Promise<number> {
  const step = 100;
  let waited = 0;
  for (let passed = 0; passed < FRESH_MS; await clock.advance(step)) {
    if (feed.statistics.connections.some(({ phase }) => phase === 'waiting')) waited += step;
    else passed += step;
  }
  return waited;
}

async function judge(chaos: Chaos): Promise<void> {
  const { clock, exchange, keeper, feed } = chaos;
  expect(chaos.lies).toEqual([]);
  expect(PRODUCTS.map((id) => keeper.get(id)?.status)).toEqual(['fresh', 'fresh', 'fresh']);
  const { ours, theirs } = await compareBooks(chaos);
  expect(chaos.faults.some(isInvisible) ? theirs : ours).toEqual(theirs);
  checkAccounts(chaos);
  void feed.close();
  await clock.advance(3_000);
  expect(chaos.ended()).toBe('closed');
  exchange.close();
  expect(chaos.timers()).toBe(0);
}

/** Our books beside those of somebody who has just come. */
async function compareBooks({ clock, exchange, keeper: kept }: Chaos): Promise<Record<string, unknown[]>> {
  const keeper = createBookKeeper(createBook);
  const feed = openFeed({
    url: exchange.url,
    transport: exchange.transport,
    clock,
    subscriptions: [{ channel: 'level2', productIds: PRODUCTS }],
  });
  void feed.consume((item) => void keeper.take(item));
  await clock.advance(1_000);
  const theirs = PRODUCTS.map((id) => keeper.get(id)?.book.snapshot());
  const ours = PRODUCTS.map((id) => kept.get(id)?.book.snapshot());
  void feed.close();
  await clock.advance(100);
  return { ours, theirs };
}

/** Against the exchange's own ledger, connection by connection, without the sequencer's help. */
function checkAccounts({ items, receipts, exchange, feed }: Chaos): void {
  const opened = items.filter((item) => item.kind === 'connected').map(({ connection }) => connection);
  const ledgers = exchange.ledger.connections.slice(0, opened.length);
  let missing = 0;
  let frames = 0;
  for (const [index, connection] of opened.entries()) {
    const page = ledgers[index];
    const receipt = receipts.get(connection) ?? new Receipt();
    if (page === undefined) throw new Error(`connection ${connection} has no page`);
    const absent = missingOn(page, receipt.frames);
    expect(receipt.missing).toBe(absent);
    missing += absent;
    frames += receipt.frames.length;
  }
  expect(feed.statistics).toMatchObject({ missing, frames });
}

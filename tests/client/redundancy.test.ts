import { createBook } from '@feedtape/book';
import { books, type BookItem, openFeed, trades } from '@feedtape/client';
import { createMemoryExchange, createVirtualClock } from '@feedtape/simulator';
import { expect, test } from 'vitest';
import { luck, PRODUCTS } from './chaos.ts';

// FEED_KILLS=1000 is the nightly form.
const kills = Number(process.env['FEED_KILLS'] ?? 40);
const backoff = { firstRetryMs: 1_000, maxRetryMs: 2_000 };

/** An exchange, and a way to kill one of two lines, never both at once. */
function world(seed: number) {
  const clock = createVirtualClock();
  const exchange = createMemoryExchange({ clock, seed, products: PRODUCTS, depth: 20, latencyMs: 5 });
  const random = luck(seed);
  const common = {
    url: exchange.url,
    transport: exchange.transport,
    clock,
    random,
    backoff,
    redundancy: 2,
  } as const;
  const killOne = (): void => {
    const open = exchange.ledger.connections.filter(({ end }) => end === undefined);
    const victim = open[Math.floor(random() * open.length)];
    if (open.length === 2 && victim !== undefined)
      exchange.faults.inject(
        { kind: random() < 0.5 ? 'terminate' : 'reset' },
        { connection: victim.connection },
      );
  };
  return { clock, exchange, random, common, killOne };
}

test(`two lines, one of them killed ${kills} times: every trade that either line had comes exactly once`, async () => {
  const { clock, exchange, random, common, killOne } = world(7);
  const feed = openFeed({ ...common, subscriptions: [{ channel: 'market_trades', productIds: PRODUCTS }] });
  const seen = new Map<string, number[]>(PRODUCTS.map((id) => [id, []]));
  let missing = 0;
  void (async () => {
    for await (const item of trades(feed)) {
      if (item.kind === 'missing') missing += item.count;
      else seen.get(item.trade.product_id)?.push(Number(item.trade.trade_id));
    }
  })();
  await clock.advance(3_000);
  for (let kill = 0; kill < kills; kill += 1) {
    killOne();
    await clock.advance(500 + random() * 4_000);
  }
  await clock.advance(10_000);
  for (const ids of seen.values()) {
    const sorted = ids.toSorted((a, b) => a - b);
    const [first = 0] = sorted;
    expect(sorted).toEqual(sorted.map((_, index) => first + index));
    expect(ids.length).toBeGreaterThan(100);
  }
  expect(missing).toBe(0);
  expect(feed.statistics.reconnects).toBeGreaterThan(kills / 3);
  void feed.close();
  await clock.advance(1_000);
  exchange.close();
});

test(`two lines, one of them killed ${kills} times: no book is stale for more than 2.5 s`, async () => {
  const { clock, exchange, random, common, killOne } = world(11);
  const feed = openFeed({ ...common, subscriptions: [{ channel: 'level2', productIds: PRODUCTS }] });
  const all = books(feed, createBook);
  const staleSince = new Map<string, number>();
  let longest = 0;
  const note = ({ productId, status }: BookItem<ReturnType<typeof createBook>>): void => {
    const since = staleSince.get(productId);
    if (since !== undefined) longest = Math.max(longest, clock.now() - since);
    if (status === 'fresh') staleSince.delete(productId);
    else if (since === undefined) staleSince.set(productId, clock.now());
  };
  void (async () => {
    for await (const item of all) note(item);
  })();
  await clock.advance(3_000);
  longest = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    killOne();
    await clock.advance(500 + random() * 4_000);
  }
  await clock.advance(5_000);
  expect(longest).toBeLessThanOrEqual(2_500);
  expect(PRODUCTS.map((id) => all.get(id)?.status)).toEqual(['fresh', 'fresh', 'fresh']);
  void feed.close();
  await clock.advance(1_000);
  exchange.close();
});

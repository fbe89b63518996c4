// @module-tag slow
// @module-tag seeded

import type { FeedItem } from '@feedtape/client';
import { expect, test } from 'vitest';
import { bookInLedger } from './ledger-book.ts';
import { createWorld, PRODUCTS, type World } from './worlds.ts';

const TIMES = Number(process.env['FEEDTAPE_TIMES'] ?? 1);
// FEED_SEED=17 runs one world again; FEED_WORLDS=10000 is the nightly form, FEED_FIRST_SEED=1001 where it begins.
const { FEED_SEED: one, FEED_WORLDS: many = 100 * TIMES, FEED_FIRST_SEED: first = '1' } = process.env;
const SEEDS_A_TEST = 50;
const seeds =
  one === undefined
    ? Array.from({ length: Number(many) }, (_, index) => Number(first) + index)
    : [Number(one)];
const groups = Array.from({ length: Math.ceil(seeds.length / SEEDS_A_TEST) }, (_, index) =>
  seeds.slice(index * SEEDS_A_TEST, (index + 1) * SEEDS_A_TEST),
);

const STEP_MS = 100;
/** What is stated: after the faults as long again as they lasted, and 15 s, not counting announced retries. */
const MORE_MS = 15_000;

test.for(groups.map((group) => [group[0], group.at(-1), group] as const))(
  'adversarial worlds: every wanted book is fresh again, nothing throws, nothing is lost without an item (FEED_SEED=%i…%i)',
  async ([, , group]) => {
    const failed = [];
    for (const seed of group) {
      const world = await live(seed);
      if (world.failures.length > 0) failed.push(world);
    }
    expect(failed).toEqual([]);
  },
);

test('a consumer that throws in the middle of a storm gets its error back, and nothing of the feed is left', async () => {
  for (const seed of seeds.slice(0, 40)) {
    const { clock, ended, law, stormMs, exchange } = createWorld(seed, 'throws');
    await clock.advance(stormMs);
    exchange.faults.clear();
    await clock.advance(40_000);
    expect({ seed, ended: ended() }).toMatchObject({ seed, ended: { message: 'mine' } });
    exchange.close();
    expect([law.timers, law.broken]).toEqual([0, []]);
  }
});

/** One world from its beginning to its end; what went wrong in it. */
async function live(seed: number): Promise<{ seed: number; failures: string[] }> {
  const world = createWorld(seed);
  const { clock, feed, law, exchange } = world;
  const failures: string[] = [];
  await clock.advance(world.stormMs);
  world.calm();
  const freshMs = await untilFresh(world);
  if (freshMs === undefined) failures.push(`not fresh: ${PRODUCTS.map(world.statusOf).join()}`);
  await clock.advance(1_000);
  if (world.ended() !== undefined) failures.push(`ended: ${String(world.ended())}`);
  failures.push(...wrongBooks(world), ...lostWithoutItem(world));
  let closed = false;
  void feed.close().then(() => (closed = true));
  await clock.advance(5_000);
  if (!closed) failures.push('close() does not resolve');
  if (world.ended() === undefined) failures.push('the reader was not told the end');
  exchange.close();
  if (law.timers > 0) failures.push(`${law.timers} timers left`);
  failures.push(...new Set(law.broken));
  if (failures.length > 0) failures.push(world.description);
  return { seed, failures };
}

/** Milliseconds until every book is fresh, undefined when that takes longer than is stated. */
async function untilFresh({ clock, feed, stormMs, statusOf }: World): Promise<number | undefined> {
  let waited = 0;
  for (let passed = 0; passed <= stormMs + MORE_MS;) {
    if (PRODUCTS.every((id) => statusOf(id) === 'fresh')) return waited;
    if (!feed.statistics.connections.some(({ phase }) => phase === 'waiting')) passed += STEP_MS;
    waited += STEP_MS;
    await clock.advance(STEP_MS);
  }
  return undefined;
}

/** Books beside those of the exchange's ledger, where no fault touched what they are made of. */
function wrongBooks({ items, exchange, bookOf, consumer }: World): string[] {
  if (consumer === 'derived' || consumer === 'late') return [];
  const opened = items.filter(({ kind }) => kind === 'connected').map(({ connection }) => connection);
  return PRODUCTS.flatMap((productId) => {
    const kept = bookOf(productId)?.book;
    if (kept?.status !== 'fresh') return [];
    // With two lines the book is that of one of them; which one it does not say.
    const theirs = [0, 1].flatMap((line) => {
      const last = items.findLast((item) => item.line === line && brings(item, productId));
      const page = exchange.ledger.connections[opened.indexOf(last?.connection ?? -1)];
      return page === undefined ? [] : [bookInLedger(page, productId, receivedOn(items, last?.connection))];
    });
    if (theirs.length === 0 || theirs.includes(undefined)) return [];
    const { bids = [], asks = [] } = kept.snapshot() ?? {};
    const ours = new Map<string, string>([
      ...bids.map(({ price, size }) => [`bid ${Number(price)}`, String(Number(size))] as const),
      ...asks.map(({ price, size }) => [`ask ${Number(price)}`, String(Number(size))] as const),
    ]);
    const same = theirs.some(
      (book) => book?.size === ours.size && [...book].every(([key, size]) => ours.get(key) === size),
    );
    const sizes = theirs.map((book) => book?.size).join(' or ');
    return same ? [] : [`the book of ${productId} is wrong: ${ours.size} levels, ${sizes} in the ledger`];
  });
}

const brings = (item: FeedItem, productId: string): boolean =>
  item.kind === 'frame' &&
  item.decoded.kind === 'message' &&
  item.decoded.channel === 'l2_data' &&
  item.decoded.message.events.some(({ product_id: id }) => id === productId);

/** Frames that the exchange handed to a connection's socket and that neither came nor are told as lost. */
function lostWithoutItem({ items, exchange, consumer }: World): string[] {
  if (consumer === 'derived' || consumer === 'late') return [];
  const opened = items.filter(({ kind }) => kind === 'connected').map(({ connection }) => connection);
  return opened.flatMap((connection, index) => {
    const of = items.filter((item) => item.connection === connection);
    const came = receivedOn(items, connection);
    const sent = exchange.ledger.connections[index]?.sent ?? 0;
    const isOver = of.some(({ kind }) => kind === 'disconnected');
    // What was under way when a connection ended is the gap of unknown extent that its end is.
    const told = of.some((item) => item.kind === 'gap' && item.count === null);
    // What is under way when one looks, or when a connection ends, has not come. The end tells of it.
    const underWay = isOver && told ? sent : 20;
    return came <= sent && sent - came <= underWay
      ? []
      : [`connection ${connection}: ${sent} sent, ${came} came or were told`];
  });
}

/** Frames of a connection that came, or that the feed told it dropped. */
function receivedOn(items: World['items'], connection: number | undefined): number {
  let frames = 0;
  for (const item of items) {
    if (item.connection !== connection) continue;
    if (item.kind === 'frame') frames += 1;
    else if (item.kind === 'gap' && item.reason === 'backpressure') frames += item.count ?? 0;
  }
  return frames;
}

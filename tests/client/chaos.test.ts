import { crc32 } from 'node:zlib';
import { createBook } from '@feedtape/book';
import { keepBooks, openFeed, type FrameItem } from '@feedtape/client';
import type { ConnectionLedger, SentFrame } from '@feedtape/simulator';
import { expect, test } from 'vitest';
import { type Chaos, PRODUCTS, startChaos } from './chaos.ts';

// FEED_SEED=17 runs one storm again; FEED_SEEDS=2000 is the nightly form.
const { FEED_SEED: one, FEED_SEEDS: many = '25' } = process.env;
/** Found by chance once: 437 and 835, a snapshot that was crossed itself; 902, an acknowledgement sent twice. */
const REGRESSIONS = [437, 835, 902];
const seeds =
  one === undefined
    ? [...REGRESSIONS, ...Array.from({ length: Number(many) }, (_, index) => index + 1)]
    : [Number(one)];

test.for(seeds)(
  'a storm of faults: no book lies, every frame is accounted for, all is fresh 10 s later (FEED_SEED=%i)',
  async (seed) => {
    const chaos = startChaos(seed);
    const { clock, exchange, keeper, feed } = chaos;
    await clock.advance(20_000);
    exchange.faults.clear();
    await clock.advance(10_000);
    expect(chaos.ended()).toBeUndefined();
    expect(chaos.lies).toEqual([]);
    expect(PRODUCTS.map((id) => keeper.get(id)?.status)).toEqual(['fresh', 'fresh', 'fresh']);
    const { ours, theirs } = await compareBooks(chaos);
    expect(ours).toEqual(theirs);
    checkAccounts(chaos);
    void feed.close();
    await clock.advance(3_000);
    expect(chaos.ended()).toBe('closed');
    exchange.close();
    expect(chaos.timers()).toBe(0);
  },
);

/** Our books beside those of somebody who has just come. */
async function compareBooks({ clock, exchange, keeper: kept }: Chaos): Promise<Record<string, unknown[]>> {
  const keeper = keepBooks(createBook);
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
function checkAccounts({ items, frames, exchange, feed }: Chaos): void {
  const opened = items.filter((item) => item.kind === 'connected').map(({ connection }) => connection);
  const ledgers = exchange.ledger.connections.slice(0, opened.length);
  let missing = 0;
  for (const [index, connection] of opened.entries()) {
    const page = ledgers[index];
    if (page !== undefined) missing += missingOn(page, frames.get(connection) ?? []);
  }
  expect(feed.statistics.missing).toBe(missing);
  expect(feed.statistics.frames).toBe([...frames.values()].reduce((sum, list) => sum + list.length, 0));
}

function missingOn(page: ConnectionLedger, received: readonly FrameItem[]): number {
  const sent = page.frames.filter((entry): entry is SentFrame => entry.kind === 'sent');
  // TCP: what arrived is the beginning of what was sent, byte for byte.
  expect(received.map(({ bytes }) => crc32(bytes))).toEqual(
    sent.slice(0, received.length).map((entry) => entry.crc32),
  );
  const seen = new Set<number>();
  for (const [index, { verdict }] of received.entries()) {
    const sequence = sent[index]?.sequence;
    if (sequence !== undefined && verdict?.kind !== 'invalid') seen.add(sequence);
  }
  const known = Math.max(-1, ...seen) + 1;
  const late = new Set(sent.slice(received.length).map(({ sequence }) => sequence));
  const explained = new Set(
    page.frames
      .filter((entry) => entry.kind === 'dropped' || (entry.kind === 'sent' && entry.changed))
      .map((entry) => ('sequence' in entry ? entry.sequence : undefined)),
  );
  const absent = Array.from({ length: known }, (_, number) => number).filter((number) => !seen.has(number));
  expect(absent.filter((number) => !explained.has(number) && !late.has(number))).toEqual([]);
  return absent.length;
}

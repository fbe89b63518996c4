// @module-tag slow

import type { RequestChannel } from '@feedtape/protocol';
import { LIMITS } from '@feedtape/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ShardAssignments, reassign } from '#subscriptions/shard-assignment';
import { removeSubscriptions, addSubscriptions } from '#subscriptions/subscription-set';
import { run } from '../collected.ts';
import type { Stage } from '../stage.ts';

const CHANNELS: readonly RequestChannel[] = ['level2', 'market_trades', 'ticker', 'status'];
const PRODUCTS = Array.from({ length: 100 }, (_, index) => `P${index}-USD`);

const subscription = fc.record({
  channel: fc.constantFrom(...CHANNELS),
  productIds: fc.uniqueArray(fc.constantFrom(...PRODUCTS), { minLength: 1, maxLength: 40 }),
});
const change = fc.record({
  more: fc.boolean(),
  subscription,
  waitMs: fc.constantFrom(0, 0, 0, 1, 15, 200, 1_500),
});

test('after any changes the assignments hold exactly the desired set, within the limits, and nothing moves', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      let wanted: ReadonlyMap<RequestChannel, ReadonlySet<string>> = new Map();
      let plan: ShardAssignments = [];
      for (const { more, subscription: one } of changes) {
        const before = places(plan);
        wanted = more ? addSubscriptions(wanted, [one]) : removeSubscriptions(wanted, [one]);
        plan = reassign(plan, wanted, LIMITS);
        const now = places(plan);
        const moved = [...now].filter(([key, place]) => (before.get(key) ?? place) !== place);
        expect(moved).toEqual([]);
        expect([...now.keys()].toSorted()).toEqual(
          [...wanted].flatMap(([channel, ids]) => [...ids].map((id) => `${channel} ${id}`)).toSorted(),
        );
        for (const place of plan) {
          expect(place?.subscriptions.get('level2')?.size ?? 0).toBeLessThanOrEqual(30);
          expect(place?.subscriptions.has('heartbeats') ?? true).toBe(true);
        }
      }
    }),
    { numRuns: 200 },
  );
});

function places(plan: ShardAssignments): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [number, place] of plan.entries()) {
    for (const [channel, ids] of place?.subscriptions ?? []) {
      for (const id of ids) {
        expect(found.has(`${channel} ${id}`)).toBe(false);
        found.set(`${channel} ${id}`, number);
      }
    }
  }
  return found;
}

test('a desired set that changes 10,000 times, with disconnects, becomes the set of the exchange', async () => {
  const seed = Number(process.env['FEED_SEED'] ?? 20_261_123);
  const changes = fc.sample(change, { numRuns: 10_000, seed });
  const { clock, stage, feed } = run({ subscriptions: [] });
  let wanted: ReadonlyMap<RequestChannel, ReadonlySet<string>> = new Map();
  for (const [index, { more, subscription: one, waitMs }] of changes.entries()) {
    wanted = more ? addSubscriptions(wanted, [one]) : removeSubscriptions(wanted, [one]);
    if (more) feed.subscribe(one);
    else feed.unsubscribe(one);
    if (index % 100 === 99) stage.live[index % Math.max(1, stage.live.length)]?.end(1006);
    if (waitMs > 0) await clock.pass(waitMs);
  }
  await clock.pass(120_000);
  expect({ seed, set: servedBy(stage) }).toEqual({ seed, set: flat(wanted) });
});

test('after each of 1,000 disconnects, amid changes, the exchange has the desired set', async () => {
  const seed = Number(process.env['FEED_SEED'] ?? 20_261_124);
  const changes = fc.sample(change, { numRuns: 1_000, seed });
  const { clock, stage, feed } = run({ subscriptions: [], backoff: { firstRetryMs: 400, maxRetryMs: 800 } });
  let wanted: ReadonlyMap<RequestChannel, ReadonlySet<string>> = new Map();
  for (const [index, { more, subscription: one, waitMs }] of changes.entries()) {
    if (index % 2 === 0) stage.live[index % Math.max(1, stage.live.length)]?.end(1006);
    wanted = more ? addSubscriptions(wanted, [one]) : removeSubscriptions(wanted, [one]);
    if (more) feed.subscribe(one);
    else feed.unsubscribe(one);
    await clock.pass(waitMs);
    if (index % 2 === 1) stage.live[index % Math.max(1, stage.live.length)]?.end(1001);
    await clock.pass(6_000);
    expect({ seed, index, set: servedBy(stage) }).toEqual({ seed, index, set: flat(wanted) });
  }
  const answered = stage.sockets.filter(({ requests }) => requests.length > 0);
  expect(answered.length).toBeGreaterThan(900);
  const slowest = Math.max(...answered.map(({ at, requests }) => (requests[0]?.at ?? Infinity) - at));
  expect(slowest).toBeLessThan(1_000);
  const times = stage.sockets
    .flatMap(({ requests }) => requests.map(({ at }) => at))
    .toSorted((a, b) => a - b);
  expect(times.filter((at, place) => (times[place + 8] ?? Infinity) - at < 1_000)).toEqual([]);
});

const flat = (topics: ReadonlyMap<string, ReadonlySet<string>>): string[] =>
  [...topics].flatMap(([channel, ids]) => [...ids].map((id) => `${channel} ${id}`)).toSorted();

const servedBy = (stage: Stage): string[] => stage.live.flatMap(({ served }) => flat(served)).toSorted();

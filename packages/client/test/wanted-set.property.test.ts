import type { RequestChannel } from '@feedtape/protocol';
import { LIMITS } from '@feedtape/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Plan, replan } from '#plan';
import { wantLess, wantMore } from '#wanted';
import { run } from './collected.ts';

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

test('whatever changes, a plan carries exactly what is wanted, within the limits, and moves nothing', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      let wanted: ReadonlyMap<RequestChannel, ReadonlySet<string>> = new Map();
      let plan: Plan = [];
      for (const { more, subscription: one } of changes) {
        const before = places(plan);
        wanted = more ? wantMore(wanted, [one]) : wantLess(wanted, [one]);
        plan = replan(plan, wanted, LIMITS);
        const now = places(plan);
        const moved = [...now].filter(([key, place]) => (before.get(key) ?? place) !== place);
        expect(moved).toEqual([]);
        expect([...now.keys()].toSorted()).toEqual(
          [...wanted].flatMap(([channel, ids]) => [...ids].map((id) => `${channel} ${id}`)).toSorted(),
        );
        for (const place of plan) {
          expect(place?.topics.get('level2')?.size ?? 0).toBeLessThanOrEqual(30);
          expect(place?.topics.has('heartbeats') ?? true).toBe(true);
        }
      }
    }),
    { numRuns: 200 },
  );
});

function places(plan: Plan): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [number, place] of plan.entries()) {
    for (const [channel, ids] of place?.topics ?? []) {
      for (const id of ids) {
        expect(found.has(`${channel} ${id}`)).toBe(false);
        found.set(`${channel} ${id}`, number);
      }
    }
  }
  return found;
}

test('a wanted set that changes 10,000 times, with disconnects, ends as the set of the exchange', async () => {
  const seed = Number(process.env['FEED_SEED'] ?? 20_261_123);
  const changes = fc.sample(change, { numRuns: 10_000, seed });
  const { clock, stage, feed } = run({ subscriptions: [] });
  let wanted: ReadonlyMap<RequestChannel, ReadonlySet<string>> = new Map();
  for (const [index, { more, subscription: one, waitMs }] of changes.entries()) {
    wanted = more ? wantMore(wanted, [one]) : wantLess(wanted, [one]);
    if (more) feed.subscribe(one);
    else feed.unsubscribe(one);
    if (index % 100 === 99) stage.live[index % Math.max(1, stage.live.length)]?.end(1006);
    if (waitMs > 0) await clock.pass(waitMs);
  }
  await clock.pass(120_000);
  const served = stage.live.flatMap((socket) =>
    [...socket.served].flatMap(([channel, ids]) => [...ids].map((id) => `${channel} ${id}`)),
  );
  expect(served.toSorted(), `FEED_SEED=${seed}`).toEqual(
    [...wanted].flatMap(([channel, ids]) => [...ids].map((id) => `${channel} ${id}`)).toSorted(),
  );
});

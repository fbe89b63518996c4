import type { FeedItem } from '@feedtape/client';
import { expect, test } from 'vitest';
import { DeliveryQueue } from '#engine/delivery-queue';

const frame = (bytes: number): FeedItem => ({
  kind: 'frame',
  connection: 0,
  line: 0,
  index: 0,
  at: 0,
  bytes: new Uint8Array(bytes),
  binary: false,
  decoded: { kind: 'malformed' } as never,
});
const gap: FeedItem = { kind: 'gap', connection: 0, line: 0, at: 0, reason: 'disconnect', count: null };

type Act = number | 'gap' | 'take' | 'all';

/** What happens to a queue of 4 items or 1,000 bytes, and whether it holds the sockets back, is full, is roomy. */
const TABLE: Readonly<Record<string, readonly ['pause' | 'drop', readonly Act[], readonly boolean[]]>> = {
  'an empty queue': ['pause', [], [false, false, true]],
  'half full': ['pause', [1, 1], [false, false, true]],
  'more than half': ['pause', [1, 1, 1], [false, false, false]],
  'full by items': ['pause', [1, 1, 1, 1], [true, true, false]],
  'full by bytes': ['pause', [1_000], [true, true, false]],
  'held until half is taken': ['pause', [1, 1, 1, 1, 'take'], [true, false, false]],
  'let go at half': ['pause', [1, 1, 1, 1, 'take', 'take'], [false, false, true]],
  'let go when all is taken': ['pause', [600, 600, 'all'], [false, false, true]],
  'a queue that drops goes on reading': ['drop', [1, 1, 1, 1], [false, true, false]],
  'and is held back at twice the limit': [
    'drop',
    [1, 1, 1, 1, 'gap', 'gap', 'gap', 'gap'],
    [true, true, false],
  ],
  'also by the weight of items that are no frames': [
    'drop',
    Array.from({ length: 7 }, () => 'gap' as const),
    [false, true, false],
  ],
  'let go at half of the limit': [
    'drop',
    [1, 1, 1, 1, 1, 1, 1, 1, 'take', 'take', 'take', 'take', 'take', 'take'],
    [false, false, true],
  ],
};

test.for(Object.entries(TABLE))('queue: %s', ([, [policy, acts, expected]]) => {
  let held = false;
  const outlet = new DeliveryQueue({ limitItems: 4, limitBytes: 1_000, policy }, (now) => (held = now));
  for (const act of acts) {
    if (act === 'take') outlet.take();
    else if (act === 'all') outlet.takeAll();
    else outlet.add(act === 'gap' ? gap : frame(act));
  }
  expect([held, outlet.full, outlet.hasRoom]).toEqual(expected);
});

test('taking an item subtracts the size it was added with', () => {
  const outlet = new DeliveryQueue({ limitItems: 1e6, limitBytes: 1e9, policy: 'pause' }, () => {});
  for (let turn = 0; turn < 5_000; turn += 1) outlet.add(turn % 3 === 0 ? gap : frame(turn));
  while (outlet.take() !== undefined);
  expect([outlet.queuedBytes, outlet.queuedItems]).toEqual([0, 0]);
});

test('a sink gets items by deliver() only, in order, one at a time, and none after it threw', async () => {
  const outlet = new DeliveryQueue({ limitItems: 4, limitBytes: 1_000, policy: 'pause' }, () => {});
  const seen: number[] = [];
  const pouring = outlet.consume((item) => {
    seen.push(item.kind === 'frame' ? item.bytes.length : 0);
    // More may be added and delivered while it runs.
    if (seen.length === 1) outlet.add(frame(3));
    outlet.deliver();
    if (seen.length === 3) throw new Error('mine');
  });
  outlet.add(frame(1));
  outlet.add(frame(2));
  expect(seen).toEqual([]);
  outlet.deliver();
  outlet.add(frame(4));
  outlet.deliver();
  await expect(pouring).rejects.toThrow('mine');
  expect(seen).toEqual([1, 2, 3]);
});

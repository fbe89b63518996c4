import {
  createMemoryExchange,
  createVirtualClock,
  type FaultRule,
  type SentFrame,
} from '@feedtape/simulator';
import { expect, test } from 'vitest';
import { subscribe } from './bare-client.ts';
import { channelsOf, converse } from './conversation.ts';

/** Three connections, one after the other, each alive for five seconds of simulated time. */
async function threeConnections(faults: readonly FaultRule[], seed = 1) {
  const clock = createVirtualClock();
  const exchange = createMemoryExchange({ seed, products: ['BTC-USD', 'ETH-USD'], depth: 20, faults, clock });
  for (let connection = 0; connection < 3; connection += 1) {
    const socket = exchange.transport.open(
      exchange.url,
      {},
      {
        onOpen() {},
        onFrame() {},
        onError() {},
        onClose() {},
      },
    );
    await clock.advance(0);
    socket.send(JSON.stringify(subscribe('level2', ['BTC-USD', 'ETH-USD'])));
    await clock.advance(5_000);
    socket.close();
    await clock.advance(0);
  }
  return exchange.ledger.connections;
}

const dropped = async (rule: Omit<FaultRule, 'fault'>, seed?: number): Promise<number[]> =>
  (await threeConnections([{ fault: { kind: 'drop' }, ...rule }], seed)).map((page) => page.dropped);

test('a rule applies once on each connection by default', async () => {
  expect(await dropped({})).toEqual([1, 1, 1]);
  expect(await dropped({ times: 4 })).toEqual([4, 4, 4]);
});

test('connection limits a rule to one connection', async () => {
  expect(await dropped({ connection: 1 })).toEqual([0, 1, 0]);
});

test('channel and product limit a rule to one channel and one product', async () => {
  expect(await dropped({ channel: 'subscriptions', times: 9 })).toEqual([1, 1, 1]);
  expect(await dropped({ channel: 'ticker' })).toEqual([0, 0, 0]);
  const pages = await threeConnections([{ fault: { kind: 'truncate' }, product: 'ETH-USD', every: 1 }]);
  const [page] = pages;
  const touched = page?.frames.filter((entry) => entry.kind === 'sent' && entry.changed) ?? [];
  expect(touched.length).toBeGreaterThan(50);
  expect(touched.length).toBeLessThan((page?.sent ?? 0) * 0.6);
});

test('fromFrame sets the first frame of a rule, every its interval', async () => {
  const [page] = await threeConnections([{ fault: { kind: 'drop' }, fromFrame: 10, every: 5 }]);
  const numbers = page?.frames.flatMap((entry) => (entry.kind === 'dropped' ? [entry.sequence] : [])) ?? [];
  expect(numbers.slice(0, 4)).toEqual([14, 19, 24, 29]);
});

test('afterMs delays a rule by milliseconds of the clock', async () => {
  const pages = await threeConnections([{ fault: { kind: 'terminate' }, afterMs: 3_000 }]);
  for (const { end, openedAt } of pages) {
    expect(end).toMatchObject({ by: 'exchange', why: 'fault: terminate', code: 1006 });
    expect((end?.at ?? 0) - openedAt).toBeGreaterThanOrEqual(3_000);
    expect((end?.at ?? 0) - openedAt).toBeLessThan(3_200);
  }
});

test('chance draws from the seed whether a rule applies', async () => {
  const counts = await dropped({ chance: 0.2 }, 5);
  expect(await dropped({ chance: 0.2 }, 5)).toEqual(counts);
  expect(await dropped({ chance: 0.2 }, 6)).not.toEqual(counts);
  for (const count of counts) {
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(80);
  }
});

test('two faults on one frame both apply', async () => {
  const [page] = await threeConnections([
    { fault: { kind: 'duplicate' }, fromFrame: 5 },
    { fault: { kind: 'binary' }, fromFrame: 5 },
  ]);
  const touched = (page?.frames ?? []).filter(
    (entry): entry is SentFrame => entry.kind === 'sent' && entry.faults.length > 0,
  );
  expect(touched.map(({ generated, copy, binary, faults }) => ({ generated, copy, binary, faults }))).toEqual(
    [
      { generated: 5, copy: 0, binary: true, faults: ['duplicate', 'binary'] },
      { generated: 5, copy: 1, binary: true, faults: ['duplicate', 'binary'] },
    ],
  );
});

test('a content fault waits for a frame with content; an error reply does not use it up', async () => {
  const { say } = await converse({ faults: [{ fault: { kind: 'unknown-fields' } }] });
  expect(channelsOf(await say(subscribe('full')))).toEqual(['error']);
  const [frame] = await say(subscribe('heartbeats'), 200);
  expect(frame?.events?.[0]).toHaveProperty('feedtape_unknown');
});

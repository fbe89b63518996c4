import { type Clock, openFeed } from '@feedtape/client';
import { expect, test } from 'vitest';
import { LEVEL2, run } from '../collected.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, serve, Stage, type StageSocket } from '../stage.ts';

const TICKER = { channel: 'ticker', productIds: ['BTC-USD'] } as const;
const requestsOf = (socket: StageSocket): string[] =>
  socket.requests.map(({ type, channel }) => `${type} ${channel}`);
const lose = (socket: StageSocket, frames: number): void =>
  socket.frame('ticker', [], socket.sequence + frames);

test('resubscribe: after a gap only the level2 products of that connection are requested again', async () => {
  const productIds = Array.from({ length: 40 }, (_, index) => `P${index}-USD`);
  const { clock, stage, of, kinds } = run({ subscriptions: [{ channel: 'level2', productIds }, TICKER] });
  await clock.pass(2_000);
  const [first, second] = stage.sockets;
  if (first === undefined || second === undefined) throw new Error('two sockets');
  const before = requestsOf(first).length;
  const others = requestsOf(second);
  lose(first, 2);
  await clock.pass(1_000);
  expect(requestsOf(first).slice(before)).toEqual(['unsubscribe level2', 'subscribe level2']);
  expect(requestsOf(second)).toEqual(others);
  expect(of('gap')).toMatchObject([{ connection: 0, reason: 'sequence', count: 2 }]);
  expect(kinds().indexOf('stale')).toBe(kinds().indexOf('gap') + 1);
  expect(
    of('recovered')
      .flatMap((item) => item.productIds)
      .toSorted(),
  ).toEqual(productIds.slice(0, 30).toSorted());
  expect(stage.sockets).toHaveLength(2);
});

test('reconnect: a gap is answered with a new connection', async () => {
  const { clock, stage, of } = run({ subscriptions: [...LEVEL2, TICKER], recovery: 'reconnect' });
  await clock.pass(1_000);
  lose(stage.last, 1);
  await clock.pass(5_000);
  expect(of('gap')).toMatchObject([
    { reason: 'sequence', count: 1 },
    { reason: 'disconnect', count: null },
  ]);
  expect(of('disconnected')).toMatchObject([{ errorCode: 'ABANDONED', reason: 'frames are missing' }]);
  // Nobody else gives up a connection at this moment: the wait is short.
  expect(of('disconnected')[0]?.retryInMs).toBeLessThanOrEqual(1_000);
  expect(stage.last.served).toEqual(stage.sockets[0]?.served);
  expect(of('recovered').flatMap((item) => item.productIds)).toEqual(['BTC-USD', 'ETH-USD']);
});

test('report: a gap is emitted, and nothing is repaired until refresh()', async () => {
  const { clock, stage, feed, of } = run({ subscriptions: LEVEL2, recovery: 'report' });
  await clock.pass(1_000);
  const before = requestsOf(stage.last).length;
  lose(stage.last, 1);
  await clock.pass(60_000);
  expect(of('stale')).toMatchObject([{ reason: 'gap', productIds: ['BTC-USD', 'ETH-USD'] }]);
  expect(requestsOf(stage.last)).toHaveLength(before);
  feed.refresh(['ETH-USD']);
  await clock.pass(1_000);
  expect(of('recovered')).toMatchObject([{ productIds: ['ETH-USD'] }]);
});

test('endless gaps are repaired one second apart at first, then four', async () => {
  const { clock, stage } = run({ subscriptions: LEVEL2 });
  await clock.pass(1_000);
  for (let gap = 0; gap < 200; gap += 1) {
    lose(stage.last, 1);
    await clock.pass(100);
  }
  const repairs = stage.last.requests.filter(({ type }) => type === 'unsubscribe').map(({ at }) => at);
  const waits = repairs.slice(1).map((at, index) => at - (repairs[index] ?? 0));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
  expect(Math.min(...waits.slice(3))).toBeGreaterThanOrEqual(4_000);
  expect(stage.sockets).toHaveLength(1);
});

test('"rate limit exceeded" delays the whole feed, and the request is repeated', async () => {
  let refused = 0;
  const { clock, stage, of } = run({ subscriptions: [...LEVEL2, TICKER] }, (socket) => {
    socket.answer = (to, request) => {
      if (request.channel !== 'ticker' || refused > 0) serve(to, request);
      else {
        refused = clock.now();
        to.error('rate limit exceeded');
      }
    };
    socket.open();
  });
  await clock.pass(20_000);
  expect(of('rejected')).toMatchObject([{ message: 'rate limit exceeded', likely: { channel: 'ticker' } }]);
  const next = stage.last.requests.find(({ at }) => at > refused);
  expect((next?.at ?? 0) - refused).toBeGreaterThanOrEqual(1_000);
  expect(stage.last.served.has('ticker')).toBe(true);
});

test('an acknowledgement in several events says what its last event says', async () => {
  const { clock, stage, of } = run({ subscriptions: LEVEL2 });
  await clock.pass(1_000);
  const full = { level2: ['BTC-USD', 'ETH-USD'], heartbeats: ['heartbeats'] };
  stage.last.frame('subscriptions', [{ subscriptions: {} }, { subscriptions: full }]);
  await clock.pass(10_000);
  expect(of('subscribed').at(-1)).toMatchObject({ subscriptions: full, missing: [] });
  expect(requestsOf(stage.last)).toEqual(['subscribe level2', 'subscribe heartbeats']);
});

test('statistics: rates, lag, gaps and reconnects', async () => {
  const time = new SimulatedClock();
  const stage = new Stage(time, loyal);
  beatForever(stage);
  const clock: Clock = {
    now: () => time.now(),
    setTimeout: (action, ms) => time.setTimeout(action, ms),
    clearTimeout: (handle) => time.clearTimeout(handle),
    // Every frame of the stage has the same timestamp.
    wall: () => Date.parse('2026-09-30T02:39:53.350Z'),
  };
  const feed = openFeed({ url: 'ws://127.0.0.1:1', subscriptions: LEVEL2, transport: stage, clock });
  void feed.consume(() => {});
  await time.pass(10_000);
  lose(stage.last, 3);
  await time.pass(10_000);
  stage.last.end(1001);
  await time.pass(20_000);
  const { statistics } = feed;
  expect(statistics).toMatchObject({ uptimeMs: 40_000, gaps: 1, missing: 3, unknownGaps: 1, reconnects: 1 });
  expect(statistics.framesPerSecond).toBeCloseTo(statistics.frames / 40, 9);
  expect(statistics.frames).toBeGreaterThan(40);
  expect(statistics.connections).toMatchObject([{ connection: 1, phase: 'open', opened: 2, lagMs: 250 }]);
});

import { expect, test } from 'vitest';
import { LEVEL2, run } from '../collected.ts';

test('the first subscribe leaves at once, level2 before heartbeats, one request at a time', async () => {
  const { clock, stage } = run({
    subscriptions: [...LEVEL2, { channel: 'ticker', productIds: ['BTC-USD'] }],
  });
  await clock.pass(200);
  expect(stage.last.requests.map(({ channel }) => channel)).toEqual(['level2', 'heartbeats', 'ticker']);
  const [first, second, third] = stage.last.requests.map(({ at }) => at);
  expect(first).toBe(30);
  expect([second, third]).toEqual([50, 70]);
});

test('after a disconnect all desired subscriptions are requested again, and the outage is a gap of unknown extent', async () => {
  const { clock, stage, of, kinds } = run({ subscriptions: LEVEL2 });
  await clock.pass(5_000);
  stage.last.end(1001, 'going away');
  await clock.pass(10_000);
  expect(stage.sockets).toHaveLength(2);
  expect(stage.last.served).toEqual(stage.sockets[0]?.served);
  expect(of('gap')).toMatchObject([{ connection: 0, reason: 'disconnect', count: null }]);
  expect(of('disconnected')).toMatchObject([{ connection: 0, code: 1001, retryInMs: 2_500 }]);
  expect(of('recovered').flatMap(({ productIds }) => productIds)).toEqual(['BTC-USD', 'ETH-USD']);
  expect(kinds().indexOf('gap')).toBeLessThan(kinds().indexOf('stale'));
  expect(stage.twoAtOnce).toBe(0);
});

test('silence makes the books stale by 2.5 s and ends the connection by 6.5 s', async () => {
  const { clock, stage, of } = run({ subscriptions: LEVEL2 });
  await clock.pass(5_000);
  const [heardAt] = [clock.now()];
  stage.last.served.clear();
  await clock.pass(7_000);
  const [stale] = of('stale');
  const [ended] = of('disconnected');
  expect(stale).toMatchObject({ reason: 'silence', productIds: ['BTC-USD', 'ETH-USD'] });
  expect((stale?.at ?? Infinity) - heardAt).toBeLessThanOrEqual(2_500);
  expect(ended?.errorCode).toBe('SILENT');
  expect((ended?.at ?? Infinity) - heardAt).toBeLessThanOrEqual(6_500);
});

test('a closed feed closes its socket and leaves no timer', async () => {
  const { clock, stage, feed, ended } = run({ subscriptions: LEVEL2 });
  await clock.pass(1_000);
  const closing = feed.close();
  await clock.pass(100);
  await closing;
  expect(ended()).toBe('closed');
  expect(stage.last.closing).toBe(true);
  expect(clock.timers).toBe(1); // the stage's own heartbeat
});

test('closing a feed before its socket is open is not reported as a failed connection', async () => {
  const { clock, stage, feed, of } = run({ subscriptions: LEVEL2 }, () => {});
  await clock.pass(100);
  await feed.close();
  expect(of('disconnected')).toMatchObject([
    { code: 1006, errorCode: 'STOPPED', reason: 'let go before it was open' },
  ]);
  expect(of('disconnected')[0]).not.toHaveProperty('retryInMs');
  expect(of('gap')).toEqual([]);
  expect(stage.last.gone).toBe(true);
});

test('skipped heartbeats are counted although no sequence number is missing', async () => {
  const { clock, stage, feed } = run({ subscriptions: LEVEL2 });
  await clock.pass(3_000);
  const { missedBeats = 0, accounting } = feed.statistics.connections[0] ?? {};
  stage.last.frame('heartbeats', [{ current_time: '', heartbeat_counter: 30_000 }]);
  stage.last.frame('heartbeats', [{ current_time: '', heartbeat_counter: '30003' }]);
  const [after] = feed.statistics.connections;
  expect(after?.missedBeats).toBeGreaterThanOrEqual(missedBeats + 2);
  expect(after?.accounting.missing).toBe(accounting?.missing);
});

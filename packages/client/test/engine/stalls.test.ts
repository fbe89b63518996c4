// The process stands still (SIGSTOP, a suspended machine, a blocked event loop): no wait for others is over because of it.
import { type FeedItem, openFeed, type TradeItem, trades } from '@feedtape/client';
import { expect, test } from 'vitest';
import { StallDetector } from '#shard/stall-detector';
import { LEVEL2, run } from '../collected.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, Stage, type StageSocket } from '../stage.ts';

const nothing = (): void => {};
const trade = (id: number) =>
  ({
    trade_id: String(id),
    product_id: 'BTC-USD',
    price: '1',
    size: '1',
    time: '2026-09-30T02:39:53.1Z',
    side: 'BUY',
  }) as never;

const STALLS = [1_500, 5_500, 7_000, 30_000, 3_600_000] as const;

test.for(STALLS)('a handshake is answered after a stall of %i ms', async (ms) => {
  const { clock, stage, of } = run({ subscriptions: LEVEL2 }, () => {});
  await clock.pass(1_000);
  clock.stall(ms);
  await clock.pass(100);
  loyal(stage.last);
  await clock.pass(2_000);
  expect(stage.sockets).toHaveLength(1);
  expect([of('connected').length, of('disconnected')]).toEqual([1, []]);
});

test('a handshake that is not answered in 6 s without the stall either has failed', async () => {
  const { clock, of } = run({ subscriptions: LEVEL2 }, () => {});
  await clock.pass(1_000);
  clock.stall(30_000);
  await clock.pass(4_900);
  expect(of('disconnected')).toEqual([]);
  await clock.pass(200);
  expect(of('disconnected')).toMatchObject([{ errorCode: 'HANDSHAKE_TIMEOUT' }]);
});

test('also when a frame of another connection is read before the timer fires', async () => {
  const greeted: StageSocket[] = [];
  const { clock, stage, of } = run({ subscriptions: LEVEL2, redundancy: 2 }, (socket) => {
    if (greeted.push(socket) === 1) loyal(socket);
  });
  await clock.pass(1_000);
  clock.stall(30_000);
  stage.sockets[0]?.acknowledge();
  await clock.pass(100);
  loyal(stage.sockets[1]!);
  await clock.pass(2_000);
  expect(stage.sockets).toHaveLength(2);
  expect(of('disconnected')).toEqual([]);
});

test('a closing handshake is waited for after a stall', async () => {
  const { clock, stage, feed, of } = run({ subscriptions: LEVEL2 });
  await clock.pass(2_000);
  const socket = stage.last;
  socket.close = nothing;
  void feed.close();
  await clock.pass(500);
  clock.stall(10_000);
  await clock.pass(100);
  socket.end(1000);
  await clock.pass(100);
  expect(of('disconnected')).toMatchObject([{ code: 1000 }]);
});

test.for(STALLS)('the answer to a request is waited for after a stall of %i ms', async (ms) => {
  const { clock, stage, of } = run({ subscriptions: LEVEL2 }, (socket) => socket.open());
  await clock.pass(1_000);
  const { requests } = stage.last;
  const sent = requests.length;
  clock.stall(ms);
  await clock.pass(100);
  expect(requests).toHaveLength(sent);
  stage.last.served.set('level2', new Set(['BTC-USD', 'ETH-USD']));
  stage.last.acknowledge();
  await clock.pass(100);
  expect(requests.filter(({ channel }) => channel === 'level2')).toHaveLength(1);
  expect(of('disconnected')).toEqual([]);
});

test('a token that was on its way counts after a stall', async () => {
  const logged: string[] = [];
  let hand: (token: string) => void = nothing;
  const { clock, stage } = run({
    subscriptions: [{ channel: 'user' }],
    token: async () => new Promise((resolve) => (hand = resolve)),
    log: ({ event }) => logged.push(event),
  });
  await clock.pass(1_000);
  clock.stall(60_000);
  await clock.pass(100);
  hand('token');
  await clock.pass(1_000);
  expect(logged).not.toContain('token-failed');
  expect(stage.last.requests.map(({ channel }) => channel)).toContain('user');
});

test('a backfill that was on its way counts after a stall', async () => {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  beatForever(stage);
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: [{ channel: 'market_trades', productIds: ['BTC-USD'] }],
    transport: stage,
    clock,
  });
  let answer: () => void = nothing;
  const seen: TradeItem[] = [];
  const errors: unknown[] = [];
  void (async () => {
    const options = {
      clock,
      backfill: async () => new Promise<never[]>((resolve) => (answer = () => resolve([trade(2)]))),
      onBackfillError: (error: unknown) => errors.push(error),
    };
    for await (const item of trades(feed, options)) seen.push(item);
  })();
  await clock.pass(1_000);
  for (const id of [1, 3]) stage.last.frame('market_trades', [{ type: 'update', trades: [trade(id)] }]);
  await clock.pass(1_000);
  clock.stall(60_000);
  await clock.pass(100);
  answer();
  await clock.pass(100);
  expect(errors).toEqual([]);
  expect(seen.filter((item) => item.kind === 'trade' && item.late)).toHaveLength(1);
  void feed.close();
});

test('time in which the process stood still does not make a consumer too slow', async () => {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  beatForever(stage);
  const feed = openFeed({ url: 'ws://127.0.0.1:1', subscriptions: LEVEL2, transport: stage, clock });
  const items: FeedItem[] = [];
  let hold: Promise<void> | undefined;
  let release: () => void = nothing;
  void feed.consume((item) => {
    items.push(item);
    return hold;
  });
  await clock.pass(2_000);
  hold = new Promise((resolve) => (release = resolve));
  await clock.pass(1_500);
  clock.stall(60_000);
  await clock.pass(1_000);
  hold = undefined;
  release();
  await clock.pass(1_000);
  expect(items.filter(({ kind }) => kind === 'gap' || kind === 'disconnected')).toEqual([]);
  expect(stage.sockets).toHaveLength(1);
  void feed.close();
});

test.for(['stall', 'slow consumer'] as const)('no product is called silent after a %s', async (why) => {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  const feed = openFeed({ url: 'ws://127.0.0.1:1', subscriptions: LEVEL2, transport: stage, clock });
  const items: FeedItem[] = [];
  let hold: Promise<void> | undefined;
  let release: () => void = nothing;
  void feed.consume((item) => {
    items.push(item);
    return hold;
  });
  await clock.pass(2_000);
  for (let frame = 0; frame < 60; frame += 1) {
    for (const id of ['BTC-USD', 'ETH-USD']) stage.last.update(id);
    await clock.pass(50);
  }
  const { requests } = stage.last;
  const sent = requests.length;
  if (why === 'stall') clock.stall(25_000);
  else {
    hold = new Promise((resolve) => (release = resolve));
    stage.last.update('BTC-USD');
    await clock.pass(25_000);
    hold = undefined;
    release();
    await clock.pass(0);
  }
  stage.last.beat();
  await clock.pass(100);
  expect(requests).toHaveLength(sent);
  expect(items.filter(({ kind }) => kind === 'stale')).toEqual([]);
  void feed.close();
});

test('a product in the second event of its frames is not called silent', async () => {
  const { clock, stage, of } = run({ subscriptions: LEVEL2 });
  await clock.pass(2_000);
  const level = { side: 'bid', event_time: '2026-09-30T02:39:53.1Z', price_level: '3', new_quantity: '1' };
  for (let frame = 0; frame < 400; frame += 1) {
    const both = ['BTC-USD', 'ETH-USD'].map((id) => ({ type: 'update', product_id: id, updates: [level] }));
    // Until its rhythm is known it is alone in its frames.
    stage.last.frame('l2_data', frame < 60 ? both.slice(1) : both);
    await clock.pass(50);
  }
  expect(of('stale')).toEqual([]);
});

test('what a pulse is excused for is never counted as more than the present', () => {
  const pulse = new StallDetector(() => true);
  for (let at = 0; at < 100; at += 1) pulse.observe('BTC-USD', at * 100);
  pulse.extendDeadlines(1_000_000, 20_000);
  expect(pulse.findStalled(29_999)).toEqual([]);
  expect(pulse.findStalled(30_001)).toEqual(['BTC-USD']);
});

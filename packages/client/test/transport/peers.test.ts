import { type LogEntry, openFeed, trades } from '@feedtape/client';
import { expect, test } from 'vitest';
import { LEVEL2, run } from '../collected.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, serve, Stage } from '../stage.ts';

// What other clients of this feed get wrong, each as a test of ours. Those that are about sockets and bytes are in
// hostile.test.ts, those about tokens and refusals in subscriptions.test.ts, those about endings in ending.test.ts.

test('unsubscribed products stay unsubscribed after a reconnect', async () => {
  const { clock, stage, feed } = run({ subscriptions: LEVEL2 });
  await clock.pass(1_000);
  feed.unsubscribe({ channel: 'level2', productIds: ['ETH-USD'] });
  await clock.pass(1_000);
  stage.last.end(1006);
  await clock.pass(10_000);
  expect(stage.last.served.get('level2')).toEqual(new Set(['BTC-USD']));
});

test('a product subscribed while its connection is down is requested when it is open', async () => {
  const { clock, stage, feed } = run({ subscriptions: LEVEL2 });
  await clock.pass(1_000);
  stage.last.end(1006);
  feed.subscribe({ channel: 'ticker', productIds: ['BTC-USD'] });
  feed.unsubscribe({ channel: 'level2', productIds: ['BTC-USD'] });
  await clock.pass(10_000);
  expect(Object.fromEntries(stage.last.served)).toEqual({
    level2: new Set(['ETH-USD']),
    ticker: new Set(['BTC-USD']),
    heartbeats: new Set(),
  });
});

test('a closed server is not dialled without a pause: at most one attempt a second', async () => {
  const { clock, stage } = run({ subscriptions: LEVEL2, random: () => 0 }, (socket) => {
    socket.open();
    socket.end(1000);
  });
  await clock.pass(14_000);
  expect(stage.sockets.length).toBeLessThanOrEqual(15);
});

const trade = (product_id: string, trade_id: string): object => ({
  trade_id,
  product_id,
  price: '1',
  size: '1',
  side: 'SELL',
  time: '2026-09-30T02:39:53.1Z',
});

test('every trade of every event of a frame is seen', async () => {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  beatForever(stage);
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: [{ channel: 'market_trades', productIds: ['BTC-USD', 'ETH-USD'] }],
    transport: stage,
    clock,
  });
  const seen: string[] = [];
  void (async () => {
    for await (const item of trades(feed)) if (item.kind === 'trade') seen.push(item.trade.trade_id);
  })();
  await clock.pass(1_000);
  stage.last.frame('market_trades', [
    { type: 'update', trades: [trade('BTC-USD', '2'), trade('ETH-USD', '70'), trade('BTC-USD', '1')] },
    { type: 'update', trades: [trade('BTC-USD', '3')] },
  ]);
  await clock.pass(10);
  expect(seen.toSorted()).toEqual(['1', '2', '3', '70']);
});

test('neither a token nor anything else the exchange should not see twice reaches a log', async () => {
  const log: LogEntry[] = [];
  const { clock, stage } = run({
    subscriptions: LEVEL2,
    token: async () => 'eyJhead.secret.signature',
    log: (entry) => log.push(entry),
  });
  await clock.pass(1_000);
  stage.last.error('authentication failure\n\u001B[2J');
  stage.last.end(1001, 'bye\r\n');
  await clock.pass(40_000);
  expect(log.length).toBeGreaterThan(3);
  expect(JSON.stringify(log)).not.toContain('secret');
  expect(JSON.stringify(log)).not.toMatch(/\\u001b|\\n|\\r/i);
});

test('nothing the user gave is changed', async () => {
  const subscriptions = Object.freeze([
    Object.freeze({ channel: 'level2', productIds: Object.freeze(['BTC-USD']) }),
  ] as const);
  const { clock, stage } = run({ subscriptions });
  await clock.pass(1_000);
  expect(stage.last.served.get('level2')).toEqual(new Set(['BTC-USD']));
});

test('no failure leaves an unhandled rejection', async () => {
  const unheard: unknown[] = [];
  const listen = (reason: unknown): void => void unheard.push(reason);
  process.on('unhandledRejection', listen);
  const runs = [
    run({ subscriptions: LEVEL2, token: () => Promise.reject(new Error('no key')) }),
    run({
      subscriptions: LEVEL2,
      token: () => {
        throw new Error('no key, at once');
      },
    }),
    run({ subscriptions: LEVEL2, token: async () => 'not a token' }),
    run({
      subscriptions: LEVEL2,
      log: () => {
        throw new Error('the disk is full');
      },
    }),
    run({ subscriptions: LEVEL2, maxAttempts: 2 }, (socket) => socket.end(1006)),
  ];
  for (const { clock } of runs) await clock.pass(60_000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', listen);
  expect(unheard).toEqual([]);
  expect(runs.map(({ ended }) => (ended() as { code?: string } | undefined)?.code)).toEqual([
    'CLIENT_TOKEN_FAILED',
    'CLIENT_TOKEN_FAILED',
    'CLIENT_TOKEN_FAILED',
    undefined,
    'CLIENT_GAVE_UP',
  ]);
});

test('heartbeats go on while a product is silent, and a private snapshot before its acknowledgement is taken', async () => {
  const { clock, stage, of } = run(
    { subscriptions: [{ channel: 'user' }], token: async () => 'token' },
    (socket) => {
      socket.answer = (to, request) => {
        if (request.channel === 'user') to.frame('user', [{ type: 'snapshot', orders: [] }]);
        serve(to, request);
      };
      socket.open();
    },
  );
  await clock.pass(60_000);
  expect(stage.sockets).toHaveLength(1);
  expect(of('frame')[0]).toMatchObject({ channel: 'user', index: 0 });
  expect(of('subscribed')[0]?.subscriptions['user']).toEqual(['[redacted]']);
});

import { ClientError, createRateLimits, openFeed } from '@feedtape/client';
import { expect, test } from 'vitest';
import { LEVEL2, run } from '../collected.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, serve, Stage, type StageSocket } from '../stage.ts';

/** Opens, and answers as told instead of loyally. */
const answering =
  (answer: StageSocket['answer']) =>
  (socket: StageSocket): void => {
    socket.answer = answer;
    socket.open();
  };

/** The most of some moments that fall into one second. */
const inAnySecond = (times: readonly number[]): number =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));

const products = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `P${String(index).padStart(4, '0')}-USD`);

test('a product that the exchange leaves out is reported and requested again, at most every hour', async () => {
  const { clock, stage, of } = run(
    { subscriptions: [{ channel: 'ticker', productIds: ['BTC-USD', 'GONE-USD'] }] },
    answering((socket, request) =>
      serve(socket, {
        ...request,
        product_ids: (request.product_ids ?? []).filter((id) => id !== 'GONE-USD'),
      }),
    ),
  );
  await clock.pass(9_000_000);
  expect(of('subscribed').at(-1)?.missing).toEqual([{ channel: 'ticker', productIds: ['GONE-USD'] }]);
  const asks = stage.last.requests.filter(({ product_ids: ids }) => ids?.includes('GONE-USD'));
  const waits = asks.map(({ at }, index) => at - (asks[index - 1]?.at ?? 0)).slice(1);
  expect(waits.map((wait) => Math.round(wait / 1_000))).toEqual([
    5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600,
  ]);
  expect(stage.sockets).toHaveLength(1);
});

test('an acknowledgement that wrongly leaves a product out does not keep its book broken', async () => {
  const { clock, stage, of } = run({ subscriptions: LEVEL2 });
  await clock.pass(1_000);
  stage.last.frame('subscriptions', [{ subscriptions: { heartbeats: ['heartbeats'] } }]);
  stage.last.frame('ticker', [], stage.last.sequence + 3);
  expect(of('stale').at(-1)?.productIds).toEqual(['BTC-USD', 'ETH-USD']);
  await clock.pass(10_000);
  expect(of('recovered').flatMap(({ productIds }) => productIds)).toEqual(['BTC-USD', 'ETH-USD']);
  expect(stage.sockets).toHaveLength(1);
});

test('an acknowledgement with invalid or foreign product ids does no harm', async () => {
  const { clock, stage, of } = run({ subscriptions: LEVEL2 });
  await clock.pass(1_000);
  stage.last.frame('subscriptions', [
    { subscriptions: { level2: ['BTC-USD', 'ETH U[D', 'XRP-USD', ''], ticker_batch: ['__proto__'] } },
  ]);
  await clock.pass(10_000);
  expect(JSON.stringify(stage.last.requests)).not.toMatch(/XRP|ticker_batch/);
  expect(of('subscribed').at(-1)?.missing).toEqual([]);
  expect(stage.sockets).toHaveLength(1);
});

test('a missing snapshot is requested until it arrives', async () => {
  const { clock, stage, of } = run(
    { subscriptions: LEVEL2 },
    answering((socket, request) => {
      // As if the products were served already: acknowledged, no snapshot.
      if (clock.now() < 1_800_000 && request.channel === 'level2')
        socket.served.set('level2', new Set(request.product_ids));
      serve(socket, request);
    }),
  );
  await clock.pass(1_800_000);
  const asks = stage.last.requests.filter(({ type }) => type === 'subscribe').length;
  expect(asks).toBeLessThan(15);
  await clock.pass(330_000);
  expect(of('frame').filter(({ channel }) => channel === 'l2_data')).toHaveLength(2);
  expect(stage.sockets).toHaveLength(1);
});

test('BTC-USDC served as BTC-USD is an alias, not a missing product', async () => {
  const { clock, stage, of } = run(
    { subscriptions: [{ channel: 'level2', productIds: ['BTC-USDC', 'USDT-USDC'] }] },
    answering((socket, request) =>
      serve(socket, {
        ...request,
        ...(request.product_ids && {
          product_ids: request.product_ids.map((id) => (id === 'BTC-USDC' ? 'BTC-USD' : id)),
        }),
      }),
    ),
  );
  await clock.pass(120_000);
  const [ack] = of('subscribed');
  expect(ack).toMatchObject({ aliases: { 'BTC-USDC': 'BTC-USD' }, missing: [] });
  expect(stage.last.requests.map(({ channel }) => channel)).toEqual(['level2', 'heartbeats']);
});

test('dropping BTC-USDC keeps the stream that BTC-USD shares with it', async () => {
  const { clock, stage, feed } = run(
    { subscriptions: [{ channel: 'ticker', productIds: ['BTC-USDC', 'BTC-USD'] }] },
    answering((socket, request) =>
      serve(socket, {
        ...request,
        ...(request.product_ids && {
          product_ids: request.product_ids.map((id) => id.replace('-USDC', '-USD')),
        }),
      }),
    ),
  );
  await clock.pass(1_000);
  feed.unsubscribe({ channel: 'ticker', productIds: ['BTC-USDC'] });
  await clock.pass(60_000);
  expect(stage.last.served.get('ticker')).toEqual(new Set(['BTC-USD']));
  expect(stage.last.requests.filter(({ type }) => type === 'unsubscribe')).toEqual([]);
});

test('an error reply is attributed to the pending request, and other subscriptions stay', async () => {
  const { clock, stage, of } = run(
    { subscriptions: [...LEVEL2, { channel: 'status', productIds: ['BTC-USD'] }] },
    answering((socket, request) =>
      request.channel === 'status' ? socket.error('failure to subscribe') : serve(socket, request),
    ),
  );
  await clock.pass(3_000);
  expect(of('rejected')).toMatchObject([
    { message: 'failure to subscribe', likely: { type: 'subscribe', channel: 'status' } },
  ]);
  expect([...stage.last.served.keys()].toSorted()).toEqual(['heartbeats', 'level2']);
  expect(stage.sockets).toHaveLength(1);
});

test.for([{ channel: 'level2' }, { channel: 'l2_data' }, { channel: 'subscriptions' }, { channel: '' }, {}])(
  'an error reply that names %o is one all the same, with a number and without',
  async (named) => {
    for (const numbered of [false, true]) {
      const { clock, of } = run(
        { subscriptions: [...LEVEL2, { channel: 'status', productIds: ['BTC-USD'] }] },
        answering((socket, request) => {
          if (request.channel !== 'status') serve(socket, request);
          else if (of('rejected').length === 0) {
            const number = numbered ? { sequence_num: socket.sequence++ } : {};
            socket.text(JSON.stringify({ type: 'error', message: 'no', ...named, ...number }));
          }
        }),
      );
      await clock.pass(3_000);
      expect(of('rejected')).toMatchObject([{ message: 'no', likely: { channel: 'status' } }]);
      expect(of('gap')).toEqual([]);
    }
  },
);

test('an unanswered request is repeated, and an unresponsive connection is replaced', async () => {
  const { clock, stage, of } = run(
    { subscriptions: LEVEL2 },
    answering((socket) => socket.beat()),
  );
  const beats = (): void => {
    for (const socket of stage.live) socket.beat();
    clock.setTimeout(beats, 1_000);
  };
  clock.setTimeout(beats, 100);
  await clock.pass(20_000);
  expect(stage.sockets[0]?.requests.length).toBe(3);
  expect(of('disconnected')[0]).toMatchObject({
    errorCode: 'ABANDONED',
    reason: 'requests are not answered',
  });
});

test('an unknown lower level2 limit spreads the products over more connections', async () => {
  const limit = 8;
  const { clock, stage } = run(
    { subscriptions: [{ channel: 'level2', productIds: products(30) }] },
    answering((socket, request) => {
      const have = socket.served.get('level2')?.size ?? 0;
      const more = request.type === 'subscribe' && request.channel === 'level2';
      if (more && have + (request.product_ids?.length ?? 0) > limit)
        socket.error('too many L2 streams requested in a single session');
      else serve(socket, request);
    }),
  );
  await clock.pass(60_000);
  const served = stage.live.map((socket) => socket.served.get('level2')?.size ?? 0);
  expect(served.reduce((sum, count) => sum + count)).toBe(30);
  expect(Math.max(...served)).toBeLessThanOrEqual(limit);
});

test('1,000 products: at most 30 on a connection, 8 connections and 8 messages a second, each in time', async () => {
  const { clock, stage } = run({ subscriptions: [{ channel: 'level2', productIds: products(1_000) }] });
  await clock.pass(30_000);
  expect(stage.live).toHaveLength(34);
  expect(stage.live.flatMap(({ served }) => [...(served.get('level2') ?? [])])).toHaveLength(1_000);
  for (const { served, requests, at } of stage.live) {
    expect(served.get('level2')?.size).toBeLessThanOrEqual(30);
    expect(served.has('heartbeats')).toBe(true);
    expect((requests[0]?.at ?? Infinity) - at).toBeLessThan(1_500);
  }
  expect(inAnySecond(stage.sockets.map(({ at }) => at))).toBeLessThanOrEqual(8);
  expect(
    inAnySecond(stage.sockets.flatMap(({ requests }) => requests.map(({ at }) => at))),
  ).toBeLessThanOrEqual(8);
});

test('feeds with one rateLimits keep to 8 connections and 8 messages a second together, and retry one at a time', async () => {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  beatForever(stage);
  const rateLimits = createRateLimits();
  for (let number = 0; number < 4; number += 1) {
    const feed = openFeed({
      url: `ws://127.0.0.1:${number + 1}`,
      subscriptions: [{ channel: 'level2', productIds: products(120) }],
      redundancy: number === 0 ? 2 : 1,
      rateLimits,
      transport: stage,
      clock,
      random: () => 0.5,
    });
    void feed.consume(() => {});
  }
  await clock.pass(20_000);
  const counted = (): number[] => [
    inAnySecond(stage.sockets.map(({ at }) => at)),
    inAnySecond(stage.sockets.flatMap(({ requests }) => requests.map(({ at }) => at))),
  ];
  expect(stage.live.flatMap(({ served }) => [...(served.get('level2') ?? [])])).toHaveLength(600);
  expect(counted()).toEqual([8, 8]);
  const before = stage.sockets.length;
  for (const socket of stage.live) socket.end(1006);
  await clock.pass(30_000);
  expect(stage.live).toHaveLength(20);
  expect(inAnySecond(stage.sockets.slice(before).map(({ at }) => at))).toBe(1);
});

test('every request carries its own token', async () => {
  let made = 0;
  const { clock, stage } = run({
    subscriptions: [...LEVEL2, { channel: 'user' }],
    token: async () => `token-${(made += 1)}`,
  });
  await clock.pass(2_000);
  stage.sockets[0]?.end(1001);
  await clock.pass(10_000);
  const tokens = stage.sockets.flatMap(({ requests }) => requests.map(({ jwt }) => jwt));
  expect(tokens.length).toBeGreaterThan(5);
  expect(new Set(tokens).size).toBe(tokens.length);
  expect(tokens).not.toContain(undefined);
});

test('no token ever appears in an item', async () => {
  const { clock, items } = run({ subscriptions: LEVEL2, token: async () => 'eyJ.secret.sig' });
  await clock.pass(2_000);
  const told = JSON.stringify(items, (key, value: unknown) => (key === 'bytes' ? undefined : value));
  expect(told).toContain('[redacted]');
  expect(told).not.toContain('secret');
});

test('the user channel goes to its own endpoint and, when that is down, to the next one that was named', async () => {
  const { clock, stage } = run(
    {
      subscriptions: [{ channel: 'user' }],
      url: 'ws://127.0.0.1:1/market',
      userUrl: ['ws://127.0.0.1:1/user', 'ws://127.0.0.1:1/market'],
      token: async () => 'token',
    },
    (socket) => {
      if (socket.url.endsWith('/user')) socket.fail({ code: 'ECONNREFUSED', message: 'refused' });
      else answering(serve)(socket);
    },
  );
  await clock.pass(30_000);
  expect(stage.sockets.map(({ url }) => new URL(url).pathname)).toEqual(['/user', '/user', '/market']);
  expect([...stage.last.served.keys()].toSorted()).toEqual(['heartbeats', 'user']);
});

test('more products for the user channel mean a new connection with the longer list', async () => {
  const { clock, stage, feed } = run({
    subscriptions: [{ channel: 'user', productIds: ['BTC-USD'] }],
    token: async () => 'token',
  });
  await clock.pass(1_000);
  feed.subscribe({ channel: 'user', productIds: ['ETH-USD'] });
  await clock.pass(10_000);
  expect(stage.sockets).toHaveLength(2);
  expect(stage.live).toHaveLength(1);
  expect(stage.last.requests[0]).toMatchObject({ channel: 'user', product_ids: ['BTC-USD', 'ETH-USD'] });
});

test('a private channel without a token source is refused at once', () => {
  expect(() => run({ subscriptions: [{ channel: 'user' }] })).toThrow(
    expect.objectContaining({ code: 'CLIENT_TOKEN_REQUIRED' }),
  );
});

test('three failures to authenticate, 30 s apart, end the feed', async () => {
  const { clock, stage, ended } = run(
    { subscriptions: [{ channel: 'user' }], token: async () => 'bad' },
    answering((socket) => {
      socket.error('authentication failure');
      clock.setTimeout(() => socket.end(1006), 4_000);
    }),
  );
  await clock.pass(24 * 3_600_000);
  const signed = stage.sockets.flatMap(({ requests }) => requests.map(({ at }) => at));
  expect(signed).toHaveLength(3);
  expect(
    Math.min((signed[1] ?? 0) - (signed[0] ?? 0), (signed[2] ?? 0) - (signed[1] ?? 0)),
  ).toBeGreaterThanOrEqual(30_000);
  expect(ended()).toBeInstanceOf(ClientError);
  expect(ended()).toMatchObject({ code: 'CLIENT_AUTH_FAILED', details: { attempts: 3 } });
  expect(stage.sockets.length).toBeLessThanOrEqual(3);
});

test('one failure to authenticate is retried with a new token', async () => {
  let asked = 0;
  const { clock, stage, ended } = run(
    { subscriptions: [{ channel: 'user' }], token: async () => `token-${(asked += 1)}` },
    answering((socket, request) =>
      request.jwt === 'token-1' ? socket.error('authentication failure') : serve(socket, request),
    ),
  );
  await clock.pass(40_000);
  expect(stage.last.served.has('user')).toBe(true);
  expect(ended()).toBeUndefined();
});

test('a token source that fails three times ends the feed, and its error is the cause', async () => {
  const cause = new Error('no key');
  const { clock, ended } = run({ subscriptions: LEVEL2, token: () => Promise.reject(cause) });
  await clock.pass(120_000);
  expect(ended()).toMatchObject({ code: 'CLIENT_TOKEN_FAILED', cause });
});

test('a token source that never answers ends the feed too', async () => {
  const { clock, ended } = run({ subscriptions: LEVEL2, token: () => new Promise(() => {}) });
  await clock.pass(300_000);
  expect(ended()).toMatchObject({ code: 'CLIENT_TOKEN_FAILED' });
});

/** Channels and products as one event, as an event a channel, as an event a product, and with one listed twice. */
const WAYS_TO_LIST: Readonly<Record<string, (served: StageSocket['served']) => readonly object[]>> = {
  'an event': (served) => [
    Object.fromEntries([...served].map(([channel, ids]) => [channel, ids.size === 0 ? [channel] : [...ids]])),
  ],
  'an event a channel': (served) =>
    [...served].map(([channel, ids]) => ({ [channel]: ids.size === 0 ? [channel] : [...ids] })),
  'an event a product': (served) =>
    [...served].flatMap(([channel, ids]) =>
      (ids.size === 0 ? [channel] : [...ids]).map((id) => ({ [channel]: [id] })),
    ),
  'an event a product, and all of it again': (served) =>
    [...served].flatMap(([channel, ids]) => [
      ...[...ids].map((id) => ({ [channel]: [id] })),
      { [channel]: ids.size === 0 ? [channel] : [...ids] },
    ]),
};

test.for(Object.entries(WAYS_TO_LIST))('an acknowledgement in %s says the same', async ([, list]) => {
  const { clock, stage, of } = run(
    {
      subscriptions: [
        { channel: 'level2', productIds: ['BTC-USD', 'ETH-USD', 'SOL-USD'] },
        { channel: 'market_trades', productIds: ['BTC-USD', 'ETH-USD'] },
        { channel: 'ticker', productIds: ['BTC-USD', 'GONE-USD'] },
      ],
    },
    (socket) => {
      socket.acknowledge = () =>
        socket.frame(
          'subscriptions',
          list(socket.served).map((subscriptions) => ({ subscriptions })),
        );
      socket.answer = (to, request) =>
        serve(to, {
          ...request,
          product_ids: (request.product_ids ?? []).filter((id) => id !== 'GONE-USD'),
        });
      socket.open();
    },
  );
  await clock.pass(4_000);
  const asked = stage.last.requests.map(({ type, channel }) => `${type} ${channel}`);
  expect(asked).toEqual([
    'subscribe level2',
    'subscribe heartbeats',
    'subscribe market_trades',
    'subscribe ticker',
  ]);
  const acknowledgements = of('subscribed');
  expect(acknowledgements).toHaveLength(4);
  expect(acknowledgements.map(({ missing }) => missing)).toEqual([
    [],
    [],
    [],
    [{ channel: 'ticker', productIds: ['GONE-USD'] }],
  ]);
  expect(acknowledgements.at(-1)?.subscriptions).toEqual({
    level2: ['BTC-USD', 'ETH-USD', 'SOL-USD'],
    heartbeats: ['heartbeats'],
    market_trades: ['BTC-USD', 'ETH-USD'],
    ticker: ['BTC-USD'],
  });
  expect(of('stale')).toEqual([]);
});

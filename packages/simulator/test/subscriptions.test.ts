import { describe, expect, test } from 'vitest';
import { subscribe } from './bare-client.ts';
import { acknowledged, channelsOf, converse, listOf, makeToken, type ParsedFrame } from './conversation.ts';

const unsubscribe = (channel: string, productIds?: readonly string[]): Record<string, unknown> => ({
  ...subscribe(channel, productIds),
  type: 'unsubscribe',
});

const typesOf = (frames: readonly ParsedFrame[], channel: string): unknown[] =>
  frames.filter((frame) => frame.channel === channel).map(({ events }) => events?.[0]?.['type']);

/** Seconds since the exchange began, as frames of a channel that are no snapshots show them. */
const updateTimes = (frames: readonly ParsedFrame[], channel: string): number[] =>
  frames
    .filter((frame) => frame.channel === channel && frame.events?.[0]?.['type'] === 'update')
    .map(({ timestamp = '' }) => (Date.parse(timestamp) - Date.parse('2026-09-30T02:39:53Z')) / 1000);

describe('acknowledgements', () => {
  test('heartbeats are acknowledged first, and alone', async () => {
    const { say } = await converse();
    const frames = await say(subscribe('heartbeats'), 2_000);
    expect(channelsOf(frames)).toEqual(['subscriptions', 'heartbeats', 'heartbeats']);
    expect(acknowledged(frames)).toEqual({ heartbeats: ['heartbeats'] });
  });

  test('an acknowledgement lists all subscriptions of the connection, channels in alphabetical order', async () => {
    const { say } = await converse();
    await say(subscribe('ticker', ['ETH-USD']));
    await say(subscribe('level2', ['BTC-USD']));
    const frames = await say(subscribe('candles', ['BTC-USD', 'ETH-USD']));
    expect(JSON.stringify(acknowledged(frames))).toBe(
      '{"candles":["BTC-USD","ETH-USD"],"level2":["BTC-USD"],"ticker":["ETH-USD"]}',
    );
  });

  test('acknowledgements come after the snapshots', async () => {
    const { say } = await converse();
    const frames = await say(subscribe('ticker', ['BTC-USD', 'ETH-USD']));
    expect(channelsOf(frames.slice(0, 3))).toEqual(['ticker', 'ticker', 'subscriptions']);
  });

  test('unknown products are left out of the acknowledgement', async () => {
    const { say } = await converse();
    const frames = await say(subscribe('market_trades', ['NO-SUCH', 'BTC-USD']));
    expect(acknowledged(frames)).toEqual({ market_trades: ['BTC-USD'] });
    expect(frames.some(({ type }) => type === 'error')).toBe(false);
  });

  test('the last unsubscription leaves an empty object', async () => {
    const { say } = await converse();
    await say(subscribe('level2', ['BTC-USD', 'ETH-USD']));
    expect(acknowledged(await say(unsubscribe('level2', ['BTC-USD'])))).toEqual({ level2: ['ETH-USD'] });
    const frames = await say(unsubscribe('level2'));
    expect(acknowledged(frames)).toEqual({});
    expect(channelsOf(frames).at(-1)).toBe('subscriptions');
  });
});

describe('snapshots', () => {
  test('a level2 product subscribed again sends none; unsubscribed in between it does', async () => {
    const { say } = await converse();
    await say(subscribe('level2', ['BTC-USD']));
    expect(typesOf(await say(subscribe('level2', ['BTC-USD'])), 'l2_data')).not.toContain('snapshot');
    await say(unsubscribe('level2', ['BTC-USD']));
    expect(typesOf(await say(subscribe('level2', ['BTC-USD'])), 'l2_data')[0]).toBe('snapshot');
  });

  test('trades: a hundred, newest first, again with every request', async () => {
    const { say } = await converse();
    for (let round = 0; round < 2; round += 1) {
      const frames = await say(subscribe('market_trades', ['BTC-USD']));
      const snapshot = frames.find(({ events }) => events?.[0]?.['type'] === 'snapshot');
      const ids = listOf(snapshot, 'trades').map(({ trade_id: id }) => Number(id));
      const newest = ids[0] ?? 0;
      expect(ids).toEqual(Array.from({ length: 100 }, (_, index) => newest - index));
    }
  });

  test('updates of trades go on exactly where the snapshot ended', async () => {
    const { say, frames } = await converse();
    await say(subscribe('market_trades', ['BTC-USD']), 10_000);
    const ids = frames
      .filter(({ channel }) => channel === 'market_trades')
      .flatMap((frame) =>
        listOf(frame, 'trades')
          .map(({ trade_id: id }) => Number(id))
          .toReversed(),
      );
    expect(ids.length).toBeGreaterThan(120);
    expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
  });

  test('a later snapshot of trades ends with the last trade that was told', async () => {
    const { say, frames } = await converse();
    await say(subscribe('market_trades', ['BTC-USD']), 20_000);
    await say(subscribe('market_trades', ['BTC-USD']), 500);
    const told = frames.filter(({ channel }) => channel === 'market_trades');
    const again = told.findLastIndex(({ events }) => events?.[0]?.['type'] === 'snapshot');
    expect(again).toBeGreaterThan(10);
    expect(listOf(told[again], 'trades')[0]).toEqual(listOf(told[again - 1], 'trades')[0]);
  });

  test('a snapshot of candles has up to a hundred', async () => {
    const { say } = await converse();
    const [snapshot] = await say(subscribe('candles', ['BTC-USD']));
    expect(snapshot?.events?.[0]?.['candles']).toHaveLength(100);
  });
});

describe('cadence', () => {
  test('every match sends a ticker', async () => {
    const { say, frames } = await converse();
    await say(subscribe('ticker', ['BTC-USD']), 0);
    await say(subscribe('market_trades', ['BTC-USD']), 10_000);
    const prices = (channel: string, list: string): string[] =>
      frames
        .filter((frame) => frame.channel === channel && frame.events?.[0]?.['type'] === 'update')
        .flatMap((frame) =>
          listOf(frame, list)
            .map(({ price = '' }) => price)
            .toReversed(),
        );
    const told = prices('market_trades', 'trades');
    expect(told.length).toBeGreaterThan(20);
    // The last matches may not be told as trades yet.
    expect(prices('ticker', 'tickers').slice(0, told.length)).toEqual(told);
  });

  test('ticker_batch every five seconds, without the best prices, and only when the price has changed', async () => {
    const { say, frames } = await converse({ products: ['BTC-USD'] });
    await say(subscribe('ticker_batch', ['BTC-USD']), 60_000);
    const times = updateTimes(frames, 'ticker_batch');
    expect(times.length).toBeGreaterThan(8);
    for (const [index, time] of times.slice(1).entries()) {
      const steps = (time - (times[index] ?? 0)) / 5;
      expect(Math.abs(steps - Math.round(steps))).toBeLessThan(0.001);
    }
    const batches = frames.filter(({ channel }) => channel === 'ticker_batch');
    const prices = batches.map((frame) => listOf(frame, 'tickers')[0]?.['price']);
    for (const [index, price] of prices.slice(1).entries()) expect(price).not.toBe(prices[index]);
    expect(JSON.stringify(batches)).not.toContain('best_');
  });

  test('candles come at most every second, one per frame', async () => {
    const { say, frames } = await converse({ products: ['BTC-USD'] });
    await say(subscribe('candles', ['BTC-USD']), 30_000);
    const updates = frames.filter(({ events }) => events?.[0]?.['type'] === 'update');
    expect(updates.length).toBeGreaterThan(10);
    expect(updates.length).toBeLessThanOrEqual(30);
    for (const frame of updates) expect(listOf(frame, 'candles')).toHaveLength(1);
  });
});

describe('names and aliases', () => {
  test('level2 is answered as l2_data', async () => {
    const { say } = await converse();
    expect(channelsOf(await say(subscribe('level2', ['BTC-USD'])))[0]).toBe('l2_data');
  });

  test('-USDC is served and acknowledged as -USD; both together are one', async () => {
    const { say, texts } = await converse();
    const frames = await say(subscribe('level2', ['BTC-USDC', 'BTC-USD']));
    expect(acknowledged(frames)).toEqual({ level2: ['BTC-USD'] });
    expect(texts.join('')).not.toContain('USDC');
  });

  test('five -USDC products have books of their own', async () => {
    const own = ['USDT-USDC', 'EURC-USDC', 'XSGD-USDC', 'AUDD-USDC', 'TGBP-USDC'];
    const { say } = await converse({ products: own });
    expect(acknowledged(await say(subscribe('ticker', own)))).toEqual({ ticker: own });
  });

  test.for(['heartbeat', 'full', 'matches', 'level2_batch', ['level2'], 7, null])(
    'the channel %j is an authentication failure',
    async (channel) => {
      const { say } = await converse();
      expect(await say({ type: 'subscribe', channel, product_ids: ['BTC-USD'] })).toEqual([
        { type: 'error', message: 'authentication failure' },
      ]);
    },
  );

  test('the user endpoint serves three channels, with client_id in every frame', async () => {
    const { say, exchange, frames } = await converse({ user: true });
    const token = makeToken(exchange.keys[0]!, Date.parse('2026-09-30T02:39:53Z'));
    await say(subscribe('user', undefined, token), 2_000);
    await say(subscribe('heartbeats'), 2_000);
    const [error] = await say(subscribe('ticker', ['BTC-USD']));
    expect(error).toEqual({ type: 'error', message: 'authentication failure' });
    const numbered = frames.filter(({ type }) => type !== 'error');
    expect(new Set(numbered.map((frame) => Object.keys(frame).join()))).toEqual(
      new Set(['channel,client_id,timestamp,sequence_num,events']),
    );
  });
});

describe('numbers and times', () => {
  test('one counter over every channel and acknowledgement; errors have none and take none', async () => {
    const { say, frames } = await converse();
    await say(subscribe('level2', ['BTC-USD']));
    await say(subscribe('full', ['BTC-USD']));
    await say(subscribe('ticker', ['ETH-USD']));
    await say(subscribe('heartbeats'), 3_000);
    const numbered = frames.filter(({ type }) => type !== 'error');
    expect(frames).toHaveLength(numbered.length + 1);
    expect(numbered.map(({ sequence_num: number }) => number)).toEqual([...numbered.keys()]);
  });

  test('timestamps only go forward', async () => {
    const { say, texts } = await converse();
    await say(subscribe('level2', ['BTC-USD', 'ETH-USD']), 0);
    await say(subscribe('market_trades', ['BTC-USD', 'ETH-USD']), 0);
    await say(subscribe('heartbeats'), 20_000);
    const stamps = texts.map((text) => {
      const [, second = '', fraction = ''] = /"timestamp":"([^".Z]{19})\.?(\d{0,9})Z"/.exec(text) ?? [];
      return `${second}.${fraction.padEnd(9, '0')}`;
    });
    expect(stamps.length).toBeGreaterThan(500);
    expect(stamps).toEqual(stamps.toSorted());
  });

  test('a heartbeat counts whole seconds of uptime, one more each second', async () => {
    const { say } = await converse();
    const beats = (await say(subscribe('heartbeats'), 10_000)).filter(
      ({ channel }) => channel === 'heartbeats',
    );
    const counters = beats.map(({ events }) => Number(events?.[0]?.['heartbeat_counter']));
    expect(counters).toEqual(counters.map((_, index) => (counters[0] ?? 0) + index));
    for (const [index, { events }] of beats.entries()) {
      const time = String(events?.[0]?.['current_time']);
      expect(time).toMatch(/^2026-09-30 02:\d\d:\d\d(\.\d{1,9})? \+0000 UTC m=\+\d+\.\d{9}$/);
      expect(Math.floor(Number(time.split('m=+')[1]))).toBe(counters[index]);
    }
  });

  test('level2 comes at most every 50 ms for a product', async () => {
    const { say } = await converse();
    await say(subscribe('level2', ['BTC-USD']), 2_000);
    const { length } = await say(subscribe('level2', ['BTC-USD']), 10_000);
    expect(length).toBeGreaterThan(150);
    expect(length).toBeLessThanOrEqual(201);
  });
});

describe('limits', () => {
  const ids = Array.from({ length: 32 }, (_, index) => `C${index}-USD`);
  const many = { products: ids, depth: 4, limits: { messagesPerSecond: Infinity } };
  const tooMany = { type: 'error', message: 'too many L2 streams requested in a single session' };

  test('thirty level2 products fit; a request for the 31st is refused whole, the rest lives on', async () => {
    const { say, closed } = await converse(many);
    expect(acknowledged(await say(subscribe('level2', ids.slice(0, 30)), 5_000))).toEqual({
      level2: ids.slice(0, 30),
    });
    const frames = await say(subscribe('level2', ids.slice(30)));
    expect(frames.filter(({ type }) => type === 'error')).toEqual([tooMany]);
    expect(channelsOf(frames)).toContain('l2_data');
    expect(closed()).toBeUndefined();
    expect(acknowledged(await say(subscribe('heartbeats')))).toMatchObject({ level2: ids.slice(0, 30) });
  });

  test('unsubscribing makes room', async () => {
    const { say } = await converse(many);
    await say(subscribe('level2', ids.slice(0, 30)), 5_000);
    await say(unsubscribe('level2', ids.slice(0, 2)));
    expect(acknowledged(await say(subscribe('level2', ids.slice(30))))).toEqual({ level2: ids.slice(2) });
  });

  test('more than eight messages a second without a token: rate limit exceeded', async () => {
    const { say } = await converse();
    for (let index = 0; index < 8; index += 1) await say(subscribe('status', ['BTC-USD']), 0);
    const frames = await say(subscribe('status', ['ETH-USD']), 500);
    expect(frames.filter(({ type }) => type === 'error')).toEqual([
      { type: 'error', message: 'rate limit exceeded' },
    ]);
    expect(acknowledged(frames)).toEqual({ status: ['BTC-USD'] });
    expect(acknowledged(await say(subscribe('status', ['ETH-USD'])))).toEqual({
      status: ['BTC-USD', 'ETH-USD'],
    });
  });

  test('messages with a token are not counted', async () => {
    const { say, exchange } = await converse();
    const now = Date.parse('2026-09-30T02:39:53Z');
    for (let index = 0; index < 20; index += 1)
      await say(subscribe('status', ['BTC-USD'], makeToken(exchange.keys[0]!, now)), 0);
    const frames = await say(subscribe('heartbeats'), 500);
    expect(frames.filter(({ type }) => type === 'error')).toEqual([]);
    expect(acknowledged(frames)).toEqual({ heartbeats: ['heartbeats'], status: ['BTC-USD'] });
  });

  test.each(['hello', '', '[]', '{"type":"subscribe"', {}, { type: 'ping' }, { type: ['subscribe'] }])(
    'text that is no request gets the error of the exchange: %j',
    async (message) => {
      const { say } = await converse();
      expect(await say(message)).toEqual([{ type: 'error', message: 'subscribe or unsubscribe required' }]);
      expect(channelsOf(await say(subscribe('heartbeats')))).toContain('heartbeats');
    },
  );

  test('a refused request does not count as a subscription: closed after five seconds', async () => {
    const { say, closed } = await converse();
    await say(subscribe('full'), 4_999);
    expect(closed()).toBeUndefined();
    await say(subscribe('full'), 1);
    expect(closed()).toBe(1000);
  });
});

describe('the account', () => {
  const start = Date.parse('2026-09-30T02:39:53Z');

  test('open orders come in frames of fifty, the last one with fewer', async () => {
    for (const [openOrders, sizes] of [
      [0, [0]],
      [3, [3]],
      [50, [50, 0]],
      [120, [50, 50, 20]],
    ] as const) {
      const { say, exchange } = await converse({ user: true, openOrders });
      const token = makeToken(exchange.keys[0]!, start);
      const frames = await say(subscribe('user', undefined, token), 120);
      const orders = frames
        .filter(({ channel, events }) => channel === 'user' && events?.[0]?.['type'] === 'snapshot')
        .map((frame) => listOf(frame, 'orders').length);
      expect(orders).toEqual(sizes);
      expect(channelsOf(frames).slice(0, sizes.length + 1)).toEqual([
        ...sizes.map(() => 'user'),
        'subscriptions',
      ]);
    }
  });

  test('orders open, are filled in parts, and end', async () => {
    const { say, exchange, frames } = await converse({ user: true });
    await say(subscribe('user', undefined, makeToken(exchange.keys[0]!, start)), 60_000);
    const stories = new Map<string, string[]>();
    const filled = new Map<string, number>();
    for (const frame of frames.filter(({ channel }) => channel === 'user')) {
      for (const order of listOf(frame, 'orders')) {
        const { order_id: id = '', status = '', cumulative_quantity: quantity = '' } = order;
        expect(Object.values(order).every((value) => typeof value === 'string')).toBe(true);
        expect(Number(quantity)).toBeGreaterThanOrEqual(filled.get(id) ?? 0);
        filled.set(id, Number(quantity));
        stories.set(id, [...(stories.get(id) ?? []), status]);
      }
    }
    const endings = [...stories.values()].map((story) => story.at(-1));
    expect(endings).toContain('FILLED');
    expect(endings).toContain('CANCELLED');
    expect([...stories.values()].some((story) => story.filter((each) => each === 'OPEN').length > 2)).toBe(
      true,
    );
    for (const story of stories.values()) expect(story.slice(0, -1)).not.toContain('FILLED');
  });

  test('-USDC ids stay unchanged on the user channel alone', async () => {
    const { say, exchange, texts } = await converse({ user: true, openOrders: 20 });
    await say(subscribe('user', ['BTC-USDC'], makeToken(exchange.keys[0]!, start)), 30_000);
    const ids = new Set([...texts.join('').matchAll(/"product_id":"([A-Z-]{1,20})"/g)].map(([, id]) => id));
    expect(ids).toEqual(new Set(['BTC-USDC']));
  });

  test('a -USDC id that is unsubscribed from the user channel is gone', async () => {
    const { say, exchange, frames } = await converse({ user: true, openOrders: 20 });
    const token = (): string => makeToken(exchange.keys[0]!, start);
    await say(subscribe('user', ['BTC-USDC', 'ETH-USD'], token()));
    await say({ ...unsubscribe('user', ['BTC-USDC']), jwt: token() });
    const before = frames.length;
    await say(subscribe('heartbeats'), 30_000);
    const later = JSON.stringify(frames.slice(before));
    expect(later).toContain('"product_id":"ETH-USD"');
    expect(later).not.toContain('USDC');
  });

  test('futures_balance_summary: a snapshot, its id in the acknowledgement, then updates', async () => {
    const { say, exchange, frames } = await converse();
    const token = makeToken(exchange.keys[0]!, start);
    await say(subscribe('futures_balance_summary', undefined, token), 10_000);
    expect(typesOf(frames, 'futures_balance_summary').slice(0, 3)).toEqual(['snapshot', 'update', 'update']);
    expect(acknowledged(frames)).toMatchObject({
      futures_balance_summary: [expect.stringMatching(/^[0-9a-f-]{36}$/)],
    });
  });
});

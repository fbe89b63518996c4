// @module-tag slow

import { type FeedItem, type LogEntry, openFeed } from '@feedtape/client';
import type { Request } from '@feedtape/protocol';
import { expect, test } from 'vitest';
import { LEVEL2, run } from '../collected.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, Stage, type StageSocket } from '../stage.ts';

/** What an exchange may list or say though nobody asked: by name. */
const UNCALLED: readonly (readonly [string, (socket: StageSocket) => void])[] = [
  ['user', (socket) => socket.frame('subscriptions', [{ subscriptions: { user: ['account-1'] } }])],
  [
    'futures_balance_summary',
    (socket) =>
      socket.frame('subscriptions', [{ subscriptions: { futures_balance_summary: ['account-1'] } }]),
  ],
  [
    'another product, an alias of nothing, and no channel at all',
    (socket) =>
      socket.frame('subscriptions', [
        {
          subscriptions: {
            level2: ['XRP-USD', 'XRP-USDC', '', 'a b'],
            ticker: ['X-USD'],
            constructor: ['x'],
          },
        },
      ]),
  ],
  ['nothing', (socket) => socket.frame('subscriptions', [{ subscriptions: {} }])],
  ['an unsolicited error', (socket) => socket.error('authentication failure')],
  ['an unsolicited refusal', (socket) => socket.error('too many L2 streams requested in a single session')],
  ['an unsolicited limit', (socket) => socket.error('rate limit exceeded')],
];

test.for(UNCALLED.flatMap(([name, say]) => [undefined, 'token'].map((token) => [name, token, say] as const)))(
  '%s (token: %s): nothing of it is asked to end, and the feed goes on',
  async ([, token, say]) => {
    const { clock, stage, feed, ended, of } = run({
      subscriptions: LEVEL2,
      ...(token !== undefined && { token: async () => token }),
    });
    await clock.pass(1_000);
    for (let time = 0; time < 20; time += 1) {
      say(stage.last);
      await clock.pass(31_000);
    }
    expect(ended()).toBeUndefined();
    expect(stage.sockets).toHaveLength(1);
    const named = JSON.stringify(stage.last.requests);
    expect(named).not.toMatch(/account|XRP|X-USD|constructor|user|futures/);
    expect([...(stage.last.served.get('level2') ?? [])]).toEqual(['BTC-USD', 'ETH-USD']);
    stage.last.update('BTC-USD');
    expect(of('frame').at(-1)?.channel).toBe('l2_data');
    const closing = feed.close();
    await clock.pass(5_000);
    await closing;
    expect(ended()).toBe('closed');
  },
);

/** Everything of the caller's that the feed calls, and what breaks in it. */
const BROKEN = {
  random: () => ({
    random: (): number => {
      throw new Error('no luck');
    },
  }),
  'socket.send': () => ({ break: 'send' as const }),
  'socket.close': () => ({ break: 'close' as const }),
  'socket.terminate': () => ({ break: 'terminate' as const }),
  'socket.pause': () => ({ break: 'pause' as const }),
};

test.for(Object.keys(BROKEN) as (keyof typeof BROKEN)[])(
  'when %s throws, no listener does: the feed ends with CLIENT_INTERNAL and close() resolves',
  async (name) => {
    const clock = new SimulatedClock();
    const stage = new Stage(clock, loyal);
    beatForever(stage);
    const broken = BROKEN[name]();
    const transport = {
      open: (...[url, options, listener]: Parameters<Stage['open']>) => {
        const socket = stage.open(url, options, listener);
        if ('break' in broken)
          Object.defineProperty(socket, broken.break, {
            value: () => {
              throw new Error('broken');
            },
          });
        return socket;
      },
    };
    const log: LogEntry[] = [];
    const feed = openFeed({
      url: 'ws://127.0.0.1:1',
      subscriptions: LEVEL2,
      transport,
      clock,
      random: () => 0.5,
      queue: { limitItems: 4 },
      log: (entry) => void log.push(entry),
      ...('random' in broken && broken),
    });
    await clock.pass(500);
    if (name === 'random') stage.last.end(1006);
    if (name === 'socket.terminate') await clock.pass(60_000);
    let closed = false;
    void feed.close().then(() => (closed = true));
    await clock.pass(60_000);
    expect(closed).toBe(true);
    const end = await readToTheEnd(feed);
    if (name === 'socket.terminate') return;
    expect(end).toMatchObject({ code: 'CLIENT_INTERNAL' });
    expect(log.at(-1)).toMatchObject({ level: 'error', event: 'feed-failed' });
    // Nothing of it is left behind: late callbacks are not heard, no timer runs but the stage's own.
    stage.last.update('BTC-USD');
    stage.last.listener.onClose(1006, '');
    expect(clock.timers).toBe(1);
  },
);

async function readToTheEnd(feed: AsyncIterable<FeedItem>): Promise<unknown> {
  try {
    for await (const item of feed) if (item.kind === 'frame') continue;
    return undefined;
  } catch (error) {
    return error;
  }
}

type Act = (feed: ReturnType<typeof openFeed>) => void;
const ACTS: Readonly<Record<string, Act>> = {
  refresh: (feed) => feed.refresh(['BTC-USD']),
  subscribe: (feed) => feed.subscribe({ channel: 'level2', productIds: ['SOL-USD'] }),
  unsubscribe: (feed) => feed.unsubscribe({ channel: 'level2', productIds: ['ETH-USD'] }),
  close: (feed) => void feed.close(),
};
const KINDS = [
  'connected',
  'sent',
  'subscribed',
  'frame',
  'gap',
  'stale',
  'recovered',
  'disconnected',
  'rejected',
];

test.for(
  Object.keys(ACTS).flatMap((act) =>
    KINDS.flatMap((kind) =>
      (['resubscribe', 'reconnect'] as const).map((recovery) => [act, kind, recovery] as const),
    ),
  ),
)(
  'a sink that calls %s() on every %s (%s) is not called from within itself, and every connection ends',
  async ([act, kind, recovery]) => {
    const clock = new SimulatedClock();
    const stage = new Stage(clock, loyal);
    beatForever(stage);
    const feed = openFeed({
      url: 'ws://127.0.0.1:1',
      subscriptions: LEVEL2,
      transport: stage,
      clock,
      // Retries come at once.
      random: () => 0,
      recovery,
    });
    let depth = 0;
    let deepest = 0;
    const seen = new Set<string>();
    const open = new Set<number>();
    const reading = feed.consume((item) => {
      if (item.kind === 'connected') open.add(item.connection);
      if (item.kind === 'disconnected') open.delete(item.connection);
      depth += 1;
      deepest = Math.max(deepest, depth);
      seen.add(item.kind);
      try {
        if (item.kind === kind) ACTS[act]?.(feed);
      } catch {
        // Closed meanwhile.
      }
      depth -= 1;
    });
    await clock.pass(2_000);
    for (let time = 0; time < 5; time += 1) {
      stage.last.error('something odd');
      stage.last.frame('ticker', [], stage.last.sequence + 3);
      await clock.pass(4_000);
      stage.last.end(1006);
      await clock.pass(8_000);
    }
    expect(deepest).toBe(1);
    expect(seen.has(kind)).toBe(true);
    const closing = feed.close();
    await clock.pass(10_000);
    await Promise.all([closing, reading]);
    expect(stage.live).toEqual([]);
    expect([...open]).toEqual([]);
  },
);

test('callbacks from within transport methods run after the transition', async () => {
  const clock = new SimulatedClock();
  const items: string[] = [];
  let inside = 0;
  let nested = 0;
  const guarded = (action: () => void): void => {
    nested = Math.max(nested, (inside += 1));
    action();
    inside -= 1;
  };
  const transport = {
    open: (_url: string, _options: object, listener: Parameters<Stage['open']>[2]) => {
      let sequence = 0;
      const frame = (body: object): void => {
        const text = { timestamp: '2026-09-30T02:39:53.1Z', sequence_num: (sequence += 1) - 1, ...body };
        listener.onFrame(new TextEncoder().encode(JSON.stringify(text)), false);
      };
      guarded(() => listener.onOpen({}));
      return {
        send: (text: string) =>
          guarded(() => {
            const { type, channel, product_ids: ids = [] } = JSON.parse(text) as Request;
            const served = type === 'subscribe' ? { [channel]: ids } : {};
            for (const id of ids)
              frame({ channel: 'l2_data', events: [{ type: 'snapshot', product_id: id, updates: [] }] });
            frame({ channel: 'subscriptions', events: [{ subscriptions: { ...served } }] });
          }),
        close: (code = 1000) => guarded(() => listener.onClose(code, '')),
        terminate: () => guarded(() => listener.onClose(1006, '')),
        pause: () => guarded(() => frame({ channel: 'ticker', events: [] })),
        resume: () => guarded(() => frame({ channel: 'ticker', events: [] })),
      };
    },
  };
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: LEVEL2,
    transport,
    clock,
    random: () => 0.5,
    queue: { limitItems: 8 },
  });
  await clock.pass(2_000);
  const reading = feed.consume(({ kind }) => void items.push(kind));
  await clock.pass(20_000);
  const closing = feed.close();
  await clock.pass(5_000);
  await Promise.all([closing, reading]);
  expect(nested).toBe(1);
  expect(items.slice(0, 3)).toEqual(['connected', 'sent', 'frame']);
  expect(items).toContain('disconnected');
});

test('log, token source and sink are never called while the feed calls a socket or the clock', async () => {
  const time = new SimulatedClock();
  const stage = new Stage(time, loyal);
  beatForever(stage);
  let inPort = 0;
  let violations = 0;
  const guard =
    <Arguments extends unknown[], Result>(call: (...args: Arguments) => Result) =>
    (...args: Arguments): Result => {
      inPort += 1;
      try {
        return call(...args);
      } finally {
        inPort -= 1;
      }
    };
  const mine = (): void => void (violations += Number(inPort > 0));
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: LEVEL2,
    random: () => 0.1,
    log: mine,
    token: async () => {
      mine();
      return 'token';
    },
    clock: {
      now: () => time.now(),
      setTimeout: guard((action: () => void, ms: number) => time.setTimeout(action, ms)),
      clearTimeout: guard((handle: unknown) => time.clearTimeout(handle)),
    },
    transport: {
      open: guard((...args: Parameters<Stage['open']>) => {
        const socket = stage.open(...args);
        return {
          send: guard((text: string) => socket.send(text)),
          close: guard((code?: number) => socket.close(code)),
          terminate: guard(() => socket.terminate()),
          pause: guard(() => socket.pause()),
          resume: guard(() => socket.resume()),
        };
      }),
    },
  });
  void feed.consume(mine);
  for (let turn = 0; turn < 5; turn += 1) {
    await time.pass(5_000);
    stage.last.frame('ticker', [], stage.last.sequence + 2);
    stage.last.end(1006);
  }
  void feed.close();
  await time.pass(5_000);
  expect(violations).toBe(0);
});

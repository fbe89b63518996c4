// @module-tag slow

import { type FeedItem, openFeed } from '@feedtape/client';
import { expect, test } from 'vitest';
import { LEVEL2, run } from '../collected.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, serve, Stage, type StageSocket } from '../stage.ts';

/** Frames wait in the network while the socket is not read. */
class PatientStage extends Stage {
  readonly #waiting = new Map<StageSocket, (() => void)[]>();

  override open(...[url, options, listener]: Parameters<Stage['open']>): ReturnType<Stage['open']> {
    const socket = super.open(url, options, {
      ...listener,
      onOpen: (info) => listener.onOpen(info),
      onFrame: (bytes, binary) => {
        const held = this.#waiting.get(this.sockets.at(-1) as StageSocket);
        const deliver = (): void => listener.onFrame(bytes, binary);
        if (held === undefined) deliver();
        else held.push(deliver);
      },
      onClose: (code, reason) => listener.onClose(code, reason),
      onError: (failure) => listener.onError(failure),
    }) as StageSocket;
    const pause = socket.pause.bind(socket);
    socket.pause = () => {
      pause();
      if (!this.#waiting.has(socket)) this.#waiting.set(socket, []);
    };
    socket.resume = () => {
      socket.paused = false;
      const held = this.#waiting.get(socket) ?? [];
      this.#waiting.delete(socket);
      for (const deliver of held) deliver();
    };
    return socket;
  }
}

test('time lost to a slow consumer repeats no request', async () => {
  const clock = new SimulatedClock();
  const stage = new PatientStage(clock, loyal);
  beatForever(stage);
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: LEVEL2,
    transport: stage,
    clock,
    random: () => 0.5,
  });
  let hold: Promise<void> | undefined;
  let release: (() => void) | undefined;
  const items: FeedItem[] = [];
  void feed.consume((item) => {
    items.push(item);
    return hold;
  });
  await clock.pass(2_000);
  const before = stage.last.requests.length;
  // From the request on, so that the answer is not read.
  hold = new Promise((resolve) => (release = resolve));
  feed.subscribe({ channel: 'ticker', productIds: ['BTC-USD'] });
  await clock.pass(28_000);
  expect(stage.last.paused).toBe(true);
  hold = undefined;
  release?.();
  await clock.pass(10_000);
  expect(stage.sockets).toHaveLength(1);
  expect(stage.sockets[0]?.requests.slice(before)).toHaveLength(1);
  expect(items.filter(({ kind }) => kind === 'disconnected')).toEqual([]);
});

test.for(['pause', 'drop'] as const)('%s: items that are no frames are bounded too', async (policy) => {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  beatForever(stage);
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: LEVEL2,
    transport: stage,
    clock,
    random: () => 0.5,
    queue: { limitItems: 1_000, limitBytes: 1_000_000, policy },
  });
  await clock.pass(1_000);
  const ids = Array.from({ length: 500 }, (_, index) => `P${index}-USD`);
  let most = 0;
  let mostBytes = 0;
  for (let sent = 0; sent < 20_000 && !stage.last.paused; sent += 1) {
    stage.last.frame('subscriptions', [{ subscriptions: { level2: [...LEVEL2[0].productIds, ...ids] } }]);
    most = Math.max(most, feed.statistics.queuedItems);
    mostBytes = Math.max(mostBytes, feed.statistics.queuedBytes);
  }
  expect(stage.last.paused).toBe(true);
  expect(most).toBeLessThanOrEqual(2_002);
  expect(mostBytes).toBeLessThan(2_100_000);
  // Read on, it goes on.
  const iterator = feed[Symbol.asyncIterator]();
  while (feed.statistics.queuedItems > 0) await iterator.next();
  expect(stage.last.paused).toBe(false);
});

test('one rejection of level2 products lowers the limit by one, for an hour', async () => {
  const ids = Array.from({ length: 120 }, (_, index) => `P${index}-USD`);
  let refused = false;
  const { clock, stage, feed } = run({ subscriptions: [] }, (socket) => {
    socket.answer = (to, request) => {
      if (request.channel === 'level2' && to.served.get('level2')?.size === 1 && !refused) {
        refused = true;
        to.error('too many L2 streams requested in a single session');
      } else serve(to, request);
    };
    socket.open();
  });
  feed.subscribe({ channel: 'level2', productIds: ids.slice(0, 1) });
  await clock.pass(2_000);
  feed.subscribe({ channel: 'level2', productIds: ids });
  await clock.pass(60_000);
  expect(refused).toBe(true);
  expect(stage.live.length).toBeLessThanOrEqual(5);
  expect(stage.live.flatMap(({ served }) => [...(served.get('level2') ?? [])])).toHaveLength(120);
});

test('120 products never take 120 sockets, even if all but the smallest level2 requests are rejected', async () => {
  const ids = Array.from({ length: 120 }, (_, index) => `P${index}-USD`);
  const { clock, stage } = run({ subscriptions: [{ channel: 'level2', productIds: ids }] }, (socket) => {
    socket.answer = (to, request) =>
      request.channel === 'level2' && (request.product_ids?.length ?? 0) > 1
        ? to.error('too many L2 streams requested in a single session')
        : serve(to, request);
    socket.open();
  });
  await clock.pass(300_000);
  expect(stage.live.length).toBeLessThanOrEqual(24);
});

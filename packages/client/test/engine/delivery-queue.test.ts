import { type FeedItem, openFeed } from '@feedtape/client';
import { expect, test } from 'vitest';
import { LEVEL2 } from '../collected.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, Stage } from '../stage.ts';

const LIMIT = 10_000;

function slow(policy: 'pause' | 'drop'): {
  clock: SimulatedClock;
  stage: Stage;
  feed: ReturnType<typeof openFeed>;
} {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  beatForever(stage);
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: LEVEL2,
    transport: stage,
    clock,
    random: () => 0.5,
    queue: { limitBytes: LIMIT, policy },
  });
  return { clock, stage, feed };
}

/** As the exchange does while the socket is read. */
function flood(stage: Stage, frames: number): void {
  for (let frame = 0; frame < frames && !stage.last.paused; frame += 1) stage.last.update('BTC-USD');
}

async function drain(feed: ReturnType<typeof openFeed>): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  const iterator = feed[Symbol.asyncIterator]();
  while (feed.statistics.queuedItems > 0) {
    const { value } = (await iterator.next()) as { value: FeedItem };
    items.push(value);
  }
  return items;
}

const opening = (gate: EventTarget): Promise<void> =>
  new Promise((resolve) => {
    gate.addEventListener('open', () => resolve());
  });

test('a slow consumer pauses the sockets at the limit and resumes them at half of it', async () => {
  const { clock, stage, feed } = slow('pause');
  await clock.pass(500);
  flood(stage, 10_000);
  expect(stage.last.paused).toBe(true);
  expect(feed.statistics).toMatchObject({ paused: true });
  expect(feed.statistics.queuedBytes).toBeLessThan(LIMIT + 300);
  await drain(feed);
  expect(stage.last.paused).toBe(false);
  expect(feed.statistics.gaps).toBe(0);
});

test('after 30 s of pause the connection is replaced with a gap, when there is room again', async () => {
  const { clock, stage, feed } = slow('pause');
  await clock.pass(500);
  flood(stage, 10_000);
  await clock.pass(29_000);
  expect(stage.sockets[0]?.gone).toBe(false);
  await clock.pass(300_000);
  expect(stage.sockets[0]?.gone).toBe(true);
  expect(stage.sockets).toHaveLength(1);
  const items = await drain(feed);
  expect(items.find(({ kind }) => kind === 'gap')).toMatchObject({ reason: 'backpressure', count: null });
  await clock.pass(10_000);
  expect(stage.sockets).toHaveLength(2);
  expect(stage.last.served.get('level2')?.size).toBe(2);
});

test('drop: the newest frames are dropped and counted exactly, and books are repaired when there is room', async () => {
  const { clock, stage, feed } = slow('drop');
  await clock.pass(500);
  flood(stage, 500);
  expect(stage.last.paused).toBe(false);
  // The last frame, and the item that says that frames are dropped.
  expect(feed.statistics.queuedBytes).toBeLessThan(LIMIT + 600);
  const before = await drain(feed);
  await clock.pass(2_000);
  const after = await drain(feed);
  const items = [...before, ...after];
  const gap = items.find((item) => item.kind === 'gap');
  const frames = items.filter((item) => item.kind === 'frame');
  const received = stage.last.sequence;
  expect(gap).toMatchObject({ reason: 'backpressure' });
  expect(frames.length + (gap?.count ?? 0)).toBe(received);
  expect((gap?.missing?.to ?? 0) - (gap?.missing?.from ?? 0) + 1).toBe(gap?.count);
  expect(items.filter((item) => item.kind === 'stale')).toMatchObject([{ reason: 'backpressure' }]);
  expect(items.filter((item) => item.kind === 'recovered').flatMap(({ productIds }) => productIds)).toEqual([
    'BTC-USD',
    'ETH-USD',
  ]);
});

test('a promise from the sink pauses the sockets until it settles, and items stay in order', async () => {
  const { clock, stage, feed } = slow('pause');
  const indexes: number[] = [];
  const gate = new EventTarget();
  void feed.consume((item) => {
    if (item.kind !== 'frame') return undefined;
    indexes.push(item.index);
    return item.index === 1 ? opening(gate) : undefined;
  });
  await clock.pass(500);
  expect(indexes).toEqual([0, 1]);
  expect(stage.last.paused).toBe(true);
  gate.dispatchEvent(new Event('open'));
  await clock.pass(500);
  expect(stage.last.paused).toBe(false);
  expect(indexes).toEqual(indexes.map((_, index) => index));
  expect(indexes.length).toBeGreaterThan(3);
});

test('an error thrown by the sink rejects consume() and closes the feed', async () => {
  for (const sink of [
    () => {
      throw new Error('mine');
    },
    () => Promise.reject(new Error('mine')),
  ]) {
    const { clock, stage, feed } = slow('pause');
    const outcome = feed.consume(sink).then(
      () => 'resolved',
      (error: unknown) => error,
    );
    await clock.pass(5_000);
    expect(await outcome).toMatchObject({ message: 'mine' });
    expect(stage.live).toEqual([]);
    expect(clock.timers).toBe(1); // the stage's own heartbeat
  }
});

test('an exception in the loop over a feed closes it', async () => {
  const { clock, stage, feed } = slow('pause');
  const loop = (async () => {
    for await (const { kind } of feed) if (kind === 'frame') throw new Error('mine');
  })();
  const outcome = loop.catch((error: unknown) => error);
  await clock.pass(5_000);
  expect(await outcome).toMatchObject({ message: 'mine' });
  expect(stage.live).toEqual([]);
});

test('return() does not wait behind a next() that waits', async () => {
  const { clock, feed } = slow('pause');
  const iterator = feed[Symbol.asyncIterator]();
  await clock.pass(1_000);
  await drain(feed);
  const waiting = iterator.next();
  const returned = iterator.return?.();
  await clock.pass(5_000);
  expect(await returned).toEqual({ done: true, value: undefined });
  expect(await waiting).toMatchObject({ done: true });
});

test('a second reader is rejected', async () => {
  const { clock, feed } = slow('pause');
  const first = feed.consume(() => {});
  await expect(feed.consume(() => {})).rejects.toMatchObject({ code: 'CLIENT_BUSY' });
  const closing = feed.close();
  await clock.pass(5_000);
  await closing;
  await first;
});

test('an abort ends the feed like close: the loop ends, nothing is thrown', async () => {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  const abort = new AbortController();
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: LEVEL2,
    transport: stage,
    clock,
    signal: abort.signal,
  });
  const done = feed.consume(() => {});
  await clock.pass(1_000);
  abort.abort();
  await clock.pass(5_000);
  await done;
  expect(stage.live).toEqual([]);
  expect(() => feed.subscribe(LEVEL2[0])).toThrow(expect.objectContaining({ code: 'CLIENT_CLOSED' }));
});

test('a feed that its sink closes without a socket ends', async () => {
  const clock = new SimulatedClock();
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: LEVEL2,
    transport: new Stage(clock, (socket) => socket.end(1006)),
    clock,
  });
  let ended = false;
  const reading = feed.consume((item) => {
    if (item.kind === 'disconnected') void feed.close();
  });
  void reading.then(() => (ended = true));
  await clock.pass(1_000);
  expect(ended).toBe(true);
});

test('a signal that was aborted before opens nothing', async () => {
  const stage = new Stage(new SimulatedClock(), loyal);
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: LEVEL2,
    transport: stage,
    signal: AbortSignal.abort(),
  });
  await feed.consume(() => {});
  expect(stage.sockets).toEqual([]);
});

test('batches deliver all that arrived, with one promise per wake-up', async () => {
  const { clock, stage, feed } = slow('pause');
  const sizes: number[] = [];
  let frames = 0;
  const reading = (async () => {
    for await (const batch of feed.batches()) {
      sizes.push(batch.length);
      frames += batch.filter(({ kind }) => kind === 'frame').length;
      if (frames >= 40) break;
    }
  })();
  await clock.pass(200);
  flood(stage, 40);
  await clock.pass(3_000);
  await reading;
  expect(Math.max(...sizes)).toBeGreaterThanOrEqual(30);
});

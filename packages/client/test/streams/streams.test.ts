import { nextItem, books, messages, openFeed } from '@feedtape/client';
import { expect, test } from 'vitest';
import { LEVEL2 } from '../collected.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, Stage } from '../stage.ts';

async function start(redundancy: 1 | 2 = 1) {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  beatForever(stage);
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: [...LEVEL2, { channel: 'ticker', productIds: ['BTC-USD'] }],
    redundancy,
    transport: stage,
    clock,
    random: () => 0.5,
  });
  return { clock, stage, feed };
}

/** As much of a book as the keeper looks at: it counts what it is given. */
class CountingBook {
  status: 'empty' | 'fresh' | 'stale' = 'empty';
  applied = 0;
  readonly marks: string[] = [];

  apply(): void {
    this.applied += 1;
    this.status = 'fresh';
  }

  applyBatch({ events }: { readonly events: readonly { readonly type: string }[] }): void {
    this.applied += 1;
    if (events.some(({ type }) => type === 'snapshot')) this.status = 'fresh';
  }

  markStale(reason: string): void {
    this.marks.push(reason);
    this.status = 'stale';
  }
}

test('a typed stream holds one channel, without repetitions, and every gap', async () => {
  const { clock, stage, feed } = await start();
  const seen: string[] = [];
  void (async () => {
    for await (const item of messages(feed, 'ticker')) {
      seen.push(item.kind === 'message' ? `${item.message.channel} ${item.message.sequence_num}` : item.kind);
    }
  })();
  await clock.pass(1_000);
  stage.last.frame('ticker', [], 100);
  stage.last.frame('ticker', [], 100);
  stage.last.frame('ticker', 'wrong' as never, 101);
  // Damaged, but legibly of another channel; of this one; and of nobody knows which.
  stage.last.text('{"channel":"l2_data","sequence_num":102,"events":[');
  stage.last.text('{"channel":"ticker","sequence_num":103,"events":[');
  stage.last.text('{"sequence_num":104,"events":[');
  await clock.pass(10);
  expect(seen).toEqual(['gap', 'ticker 100', 'unreadable', 'unreadable', 'unreadable']);
});

test("two lines: a typed stream brings both lines' messages, each with its connection, and either line's gaps", async () => {
  const { clock, stage, feed } = await start(2);
  const seen: string[] = [];
  void (async () => {
    for await (const item of messages(feed, 'ticker')) {
      if (item.kind === 'message') seen.push(`${item.connection}: ${item.message.sequence_num}`);
      if (item.kind === 'gap') seen.push(`${item.connection}: gap`);
    }
  })();
  await clock.pass(1_500);
  const [a, b] = stage.sockets;
  a?.frame('ticker', [], 100);
  b?.frame('ticker', [], 200);
  a?.frame('ticker', []);
  await clock.pass(10);
  expect(seen).toEqual(['0: gap', '0: 100', '1: gap', '1: 200', '0: 101']);
});

test('nextItem reads on from the current item and leaves the feed open', async () => {
  const { clock, feed } = await start();
  const connected = nextItem(feed, 'connected');
  await clock.pass(100);
  expect(await connected).toMatchObject({ connection: 0, url: 'ws://127.0.0.1:1/' });
  const snapshot = nextItem(feed, (item) => item.kind === 'frame' && item.channel === 'l2_data');
  await clock.pass(100);
  expect(await snapshot).toMatchObject({ index: 0 });
  expect(feed.statistics.connections[0]?.phase).toBe('open');
  const never = nextItem(feed, () => false);
  const closing = feed.close();
  await clock.pass(5_000);
  await closing;
  await expect(never).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
});

test('a book is stale from a gap to its snapshot, and during silence', async () => {
  const { clock, stage, feed } = await start();
  const all = books(feed, () => new CountingBook());
  const seen: string[] = [];
  void (async () => {
    for await (const { productId, status } of all) seen.push(`${productId} ${status}`);
  })();
  await clock.pass(1_000);
  expect(all.get('BTC-USD')?.status).toBe('fresh');
  stage.last.frame('ticker', [], stage.last.sequence + 3);
  await clock.pass(1);
  expect(all.get('BTC-USD')?.status).toBe('stale');
  await clock.pass(1_000);
  expect(all.get('BTC-USD')?.status).toBe('fresh');
  stage.last.served.delete('heartbeats');
  await clock.pass(3_600);
  expect(all.get('BTC-USD')?.status).toBe('stale');
  expect(all.get('BTC-USD')?.book.status).toBe('fresh');
  stage.last.beat();
  await clock.pass(1);
  expect(all.get('BTC-USD')?.status).toBe('fresh');
  expect(all.productIds).toEqual(['BTC-USD', 'ETH-USD']);
  expect(seen).toContain('ETH-USD stale');
});

test('every event of a level2 frame reaches the book of its product', async () => {
  const { clock, stage, feed } = await start();
  const all = books(feed, () => new CountingBook());
  void (async () => {
    for await (const { status } of all) expect(status).not.toBe('empty');
  })();
  await clock.pass(1_000);
  const applied = (): (number | undefined)[] => ['BTC-USD', 'ETH-USD'].map((id) => all.get(id)?.book.applied);
  expect(applied()).toEqual([1, 1]);
  stage.last.frame('l2_data', [
    { type: 'update', product_id: 'BTC-USD', updates: [] },
    { type: 'update', product_id: 'ETH-USD', updates: [] },
  ]);
  await clock.pass(1);
  expect(applied()).toEqual([2, 2]);
});

test('two lines: the other book takes over when the leading one is stale, and updates never mix', async () => {
  const { clock, stage, feed } = await start(2);
  const made: CountingBook[] = [];
  const all = books(feed, () => {
    const book = new CountingBook();
    made.push(book);
    return book;
  });
  void (async () => {
    for await (const { status } of all) expect(status).not.toBe('empty');
  })();
  await clock.pass(1_500);
  const [a, b] = stage.sockets;
  const before = all.get('BTC-USD')?.book;
  a?.update('BTC-USD');
  a?.update('BTC-USD');
  b?.update('BTC-USD');
  await clock.pass(1);
  expect(made.map(({ applied }) => applied).toSorted((one, other) => one - other)).toEqual([1, 1, 2, 3]);
  (before === made[0] ? a : b)?.end(1006);
  await clock.pass(1);
  const after = all.get('BTC-USD');
  expect(after?.status).toBe('fresh');
  expect(after?.book).not.toBe(before);
});

test('a book that breaks by itself is requested again', async () => {
  const { clock, stage, feed } = await start();
  const all = books(feed, () => new CountingBook());
  void (async () => {
    for await (const { book } of all) if (book.applied === 3) book.markStale('crossed');
  })();
  await clock.pass(1_000);
  feed.refresh(['BTC-USD']);
  await clock.pass(1_000);
  const level2 = stage.last.requests.filter(({ channel }) => channel === 'level2');
  expect(level2.map(({ type, product_ids: ids }) => `${type} ${ids?.join(' ')}`)).toEqual([
    'subscribe BTC-USD ETH-USD',
    'unsubscribe BTC-USD',
    'subscribe BTC-USD',
  ]);
  expect(all.get('BTC-USD')?.status).toBe('fresh');
});

test('a book becomes stale when its product is unsubscribed', async () => {
  const { clock, feed } = await start();
  const all = books(feed, () => new CountingBook());
  void (async () => {
    for await (const { book } of all) expect(book.applied).toBeGreaterThan(0);
  })();
  await clock.pass(1_000);
  feed.unsubscribe({ channel: 'level2', productIds: ['BTC-USD'] });
  await clock.pass(1_000);
  expect(all.get('BTC-USD')).toBeUndefined();
  expect(all.get('ETH-USD')?.status).toBe('fresh');
  feed.subscribe({ channel: 'level2', productIds: ['BTC-USD'] });
  await clock.pass(1_000);
  expect(all.get('BTC-USD')?.status).toBe('fresh');
});

test('a product that stalls on a live connection is requested again', async () => {
  const { clock, stage } = await start();
  await clock.pass(1_000);
  for (let frame = 0; frame < 100; frame += 1) {
    stage.last.update('BTC-USD');
    await clock.pass(50);
  }
  await clock.pass(12_000);
  const level2 = stage.last.requests.filter(({ channel }) => channel === 'level2');
  expect(level2.slice(1).map(({ type, product_ids: ids }) => `${type} ${ids?.join(' ')}`)).toEqual([
    'unsubscribe BTC-USD',
    'subscribe BTC-USD',
  ]);
});

test.for([true, false])(
  'frames of a channel nobody knows, or that no type fits, count like all others (read: %s)',
  async (read) => {
    const { clock, stage, feed } = await start();
    const kinds: string[] = [];
    void feed.consume((item) => {
      if (item.kind === 'gap') kinds.push('gap');
      if (item.kind === 'frame' && read) kinds.push(item.decoded.kind);
    });
    await clock.pass(1_000);
    for (let round = 0; round < 3; round += 1) {
      stage.last.frame('ticker', [{ type: 'update', tickers: 'wrong' }]);
      stage.last.frame('weather', [{ sunny: true }]);
      stage.last.frame('ticker', []);
    }
    expect(kinds).not.toContain('gap');
    expect(kinds.filter((kind) => kind === 'unknown')).toHaveLength(read ? 3 : 0);
    expect(feed.statistics.missing).toBe(0);
    expect(feed.statistics.connections[0]?.accounting.received).toBe(feed.statistics.frames);
  },
);

/** In the order of their numbers: each is damaged in another way, and says its number all the same. */
const damaged = (number: number): readonly string[] => {
  const head = `{"channel":"l2_data","timestamp":"2026-11-30T14:38:06Z","sequence_num":`;
  const events = '"events":[{"type":"update","product_id":"BTC-USD","updates":[]}]';
  return [
    `${head}${number},"events":[{"type":"update","product_id":"BTC-USD","upda`,
    `${head}${number + 1},${events}}}`,
    `{"type":"error","message":"no","sequence_num":${number + 2}}`,
    `${head}${number + 3},"events:[]}`,
    `${head}7,"sequence_num":${number + 4},${events}}`,
    `{"sequence_num":${number + 5},"odd":1}`,
    `${head}"${number + 6}",${events}}`,
    `${head}${number + 7}x,${events}}`,
    `${head}${number + 8},${events}}`,
  ];
};

test('the verdict on a damaged frame is the same whether the one before was decoded or not', async () => {
  const verdicts: (readonly unknown[])[][] = [];
  let first = 0;
  for (const reads of [() => true, () => false, (index: number) => index % 2 === 0]) {
    const { clock, stage, feed } = await start();
    const seen: (readonly unknown[])[] = [];
    void feed.consume((item) => {
      if (item.kind === 'gap') seen.push(['gap', item.missing]);
      if (item.kind !== 'frame') return;
      if (reads(item.index)) void item.decoded;
      seen.push([item.channel, item.verdict]);
    });
    await clock.pass(1_000);
    first = stage.last.sequence;
    for (const text of damaged(first)) stage.last.text(text);
    verdicts.push(seen.slice(-11));
  }
  expect(verdicts[1]).toEqual(verdicts[0]);
  expect(verdicts[2]).toEqual(verdicts[0]);
  // Two numbers of the nine cannot be read.
  expect(verdicts[0]?.filter(([kind]) => kind === 'gap')).toEqual([
    ['gap', { from: first + 6, to: first + 7 }],
  ]);
});

test('one wrong sequence number does not make all later frames stale', async () => {
  const { clock, stage } = await start();
  await clock.pass(1_000);
  const right = stage.last.sequence;
  stage.last.frame('ticker', [], 4_000_000_000);
  for (let frame = 0; frame < 100; frame += 1) stage.last.frame('ticker', [], right + 1 + frame);
  await clock.pass(5_000);
  expect(stage.sockets).toHaveLength(2);
});

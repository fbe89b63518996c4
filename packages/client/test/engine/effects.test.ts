import { type FeedItem, createBookKeeper } from '@feedtape/client';
import { expect, test } from 'vitest';
import { LEVEL2, run } from '../collected.ts';
import { createBook } from '../level-book.ts';
import { serve, type StageSocket } from '../stage.ts';
import type { Request } from '@feedtape/protocol';

const BTC = { channel: 'level2', productIds: ['BTC-USD'] } as const;

const answering =
  (answer: (socket: StageSocket, request: Request) => void) =>
  (socket: StageSocket): void => {
    socket.answer = answer;
    socket.open();
  };

/** Of the book that these items make. */
function statusOf(items: readonly FeedItem[], productId: string): string | undefined {
  const keeper = createBookKeeper(createBook);
  for (const item of items) keeper.take(item);
  return keeper.get(productId)?.status;
}

test.for([
  ['nothing', undefined],
  ['a slow token', async (): Promise<string> => new Promise((resolve) => setTimeout(resolve, 0, 'token'))],
  ['a token source', async (): Promise<string> => 'token'],
] as const)(
  'unsubscribed and subscribed again within one tick, while %s holds requests back, a book stays right',
  async ([, token]) => {
    const { clock, stage, feed, of } = run({ subscriptions: LEVEL2, ...(token !== undefined && { token }) });
    for (let turn = 0; turn < 20; turn += 1) {
      await clock.pass(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const before = stage.last.requests.length;
    feed.unsubscribe(BTC);
    feed.subscribe(BTC);
    for (let turn = 0; turn < 20; turn += 1) {
      await clock.pass(500);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    // Either nothing was said and done, or the book got a new snapshot.
    const stale = of('stale').filter(({ productIds }) => productIds.includes('BTC-USD'));
    const unsubscribed = stage.last.requests.slice(before).some(({ type }) => type === 'unsubscribe');
    expect(stale.length > 0).toBe(unsubscribed);
    const requests = stage.last.requests.slice(before).map(({ type }) => type);
    expect(requests).toEqual(unsubscribed ? ['unsubscribe', 'subscribe'] : []);
    expect(stage.last.served.get('level2')).toEqual(new Set(['BTC-USD', 'ETH-USD']));
  },
);

test('a broken book stays due for repair after unsubscribe and subscribe in one tick', async () => {
  const { clock, stage, feed, items } = run({ subscriptions: LEVEL2 });
  await clock.pass(1_000);
  feed.refresh(['BTC-USD']);
  feed.unsubscribe(BTC);
  feed.subscribe(BTC);
  await clock.pass(10_000);
  const snapshots = stage.last.requests.filter(
    ({ type, product_ids: ids }) => type === 'subscribe' && ids?.includes('BTC-USD'),
  );
  expect(statusOf(items, 'BTC-USD')).toBe('fresh');
  expect(snapshots.length).toBeGreaterThan(1);
});

test('an unsubscribed book becomes stale when the request is sent, not before', async () => {
  const { clock, stage, feed, of } = run({ subscriptions: LEVEL2, limits: { messagesPerSecond: 0.5 } });
  await clock.pass(10_000);
  feed.refresh(['ETH-USD']);
  await clock.pass(0);
  feed.unsubscribe(BTC);
  expect(of('stale').filter(({ reason }) => reason === 'unsubscribed')).toEqual([]);
  await clock.pass(20_000);
  const stale = of('stale').find(({ reason }) => reason === 'unsubscribed');
  const request = stage.last.requests.find(
    ({ type, product_ids: ids }) => type === 'unsubscribe' && ids?.includes('BTC-USD'),
  );
  expect(stale).toMatchObject({ productIds: ['BTC-USD'], at: request?.at });
});

/** Ways to acknowledge a request without carrying it out. */
const PRETENDED: readonly (readonly [string, (socket: StageSocket) => void])[] = [
  ['the set as it is', (socket) => socket.acknowledge()],
  [
    'the set as it should be',
    (socket) =>
      socket.frame('subscriptions', [{ subscriptions: { level2: ['ETH-USD'], heartbeats: ['heartbeats'] } }]),
  ],
  ['nothing', () => {}],
  ['an error', (socket) => socket.error('failure to unsubscribe')],
];

test.for(PRETENDED.flatMap(([name, answer]) => [1, 2, 3, 5].map((times) => [name, times, answer] as const)))(
  'a repair whose unsubscribe is answered with %s %i times is not forgotten',
  async ([, times, answer]) => {
    let pretend = 0;
    const { clock, stage, feed, items } = run(
      { subscriptions: LEVEL2 },
      answering((socket, request) => {
        if (request.type === 'unsubscribe' && pretend > 0) {
          pretend -= 1;
          answer(socket);
        } else serve(socket, request);
      }),
    );
    await clock.pass(1_000);
    pretend = times;
    feed.refresh(['BTC-USD']);
    await clock.pass(400_000);
    expect(statusOf(items, 'BTC-USD')).toBe('fresh');
    expect(stage.last.served.get('level2')).toEqual(new Set(['BTC-USD', 'ETH-USD']));
  },
);

test('a missing snapshot of a product that was left out is requested', async () => {
  let round = 0;
  const { clock, of, feed } = run(
    { subscriptions: LEVEL2 },
    answering((socket, request) => {
      if (request.channel === 'level2' && request.type === 'subscribe') {
        round += 1;
        // Left out, then acknowledged without a snapshot.
        if (round === 1) {
          socket.frame('subscriptions', [{ subscriptions: {} }]);
          return;
        }
        if (round === 2) socket.served.set('level2', new Set(request.product_ids));
      }
      serve(socket, request);
    }),
  );
  const seen: string[] = [];
  await clock.pass(60_000);
  for (const item of of('frame'))
    if (item.decoded.kind === 'message' && item.decoded.channel === 'l2_data')
      seen.push(...item.decoded.message.events.map(({ product_id: id }) => id));
  expect(new Set(seen)).toEqual(new Set(['BTC-USD', 'ETH-USD']));
  expect(feed.statistics.reconnects).toBe(0);
});

test('an exchange that never ends a stream gets unsubscribes at growing intervals', async () => {
  const { clock, stage, feed } = run(
    { subscriptions: LEVEL2 },
    answering((socket, request) =>
      request.type === 'unsubscribe' ? socket.acknowledge() : serve(socket, request),
    ),
  );
  await clock.pass(1_000);
  feed.unsubscribe(BTC);
  await clock.pass(60_000);
  expect(stage.last.requests.filter(({ type }) => type === 'unsubscribe').length).toBeLessThanOrEqual(13);
  feed.subscribe(BTC);
  await clock.pass(60_000);
  expect(stage.sockets).toHaveLength(1);
});

test('a request whose answer may be lost in a gap is repeated, for any channel', async () => {
  let lost = false;
  const { clock, stage } = run(
    { subscriptions: [{ channel: 'ticker', productIds: ['BTC-USD'] }] },
    answering((socket, request) => {
      if (request.channel === 'ticker' && !lost) {
        lost = true;
        // The refusal is lost, and something with it.
        socket.sequence += 2;
        socket.beat();
      } else serve(socket, request);
    }),
  );
  await clock.pass(60_000);
  expect(stage.last.served.get('ticker')).toEqual(new Set(['BTC-USD']));
});

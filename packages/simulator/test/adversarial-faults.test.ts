import { createMemoryExchange, createVirtualClock, type FaultRule } from '@feedtape/simulator';
import { expect, test } from 'vitest';

interface Frame {
  readonly type?: string;
  readonly channel?: string;
  readonly message?: string;
  readonly sequence_num?: number;
  readonly events?: readonly {
    readonly type?: string;
    readonly product_id?: string;
    readonly subscriptions?: Readonly<Record<string, readonly string[]>>;
  }[];
}

/** Asks, one request every 200 ms, and returns what came. */
async function converse(faults: readonly FaultRule[], requests: readonly object[]) {
  const clock = createVirtualClock();
  const exchange = createMemoryExchange({ clock, seed: 1, products: ['BTC-USD', 'ETH-USD'], faults });
  const frames: Frame[] = [];
  const socket = exchange.transport.open(
    exchange.url,
    {},
    {
      onOpen: () => {},
      onFrame: (bytes) => void frames.push(JSON.parse(new TextDecoder().decode(bytes)) as Frame),
      onError: () => {},
      onClose: () => {},
    },
  );
  await clock.advance(100);
  for (const request of requests) {
    socket.send(JSON.stringify(request));
    await clock.advance(500);
  }
  const [page] = exchange.ledger.connections;
  exchange.close();
  const acknowledged = frames.flatMap(({ channel, events = [] }) =>
    channel === 'subscriptions' ? events.map(({ subscriptions }) => subscriptions?.['level2'] ?? []) : [],
  );
  return { frames, acknowledged, page };
}

const BOTH = { type: 'subscribe', channel: 'level2', product_ids: ['BTC-USD', 'ETH-USD'] };
const LESS = { type: 'unsubscribe', channel: 'level2', product_ids: ['BTC-USD'] };
const snapshots = (frames: readonly Frame[]): number =>
  frames.filter(({ events }) => events?.[0]?.type === 'snapshot').length;
const updatesAfter = (frames: readonly Frame[], product: string): number => {
  const last = frames.findLastIndex(({ channel }) => channel === 'subscriptions');
  return frames.slice(last).filter(({ events }) => events?.[0]?.product_id === product).length;
};

test('an ignored request changes nothing and is acknowledged with the set as it is', async () => {
  const rule: FaultRule = { fault: { kind: 'ignored-request' } };
  const first = await converse([rule], [BOTH, BOTH]);
  expect(first.acknowledged).toEqual([[], ['BTC-USD', 'ETH-USD']]);
  expect(snapshots(first.frames)).toBe(2);
  expect(first.page?.received.map(({ fault, refusal }) => [fault, refusal])).toEqual([
    ['ignored-request', undefined],
    [undefined, undefined],
  ]);
});

test('a pretended request changes nothing and is acknowledged as if it had', async () => {
  const fault = { kind: 'pretended-request' } as const;
  const subscribed = await converse([{ fault }], [BOTH]);
  expect(subscribed.acknowledged).toEqual([['BTC-USD', 'ETH-USD']]);
  expect(snapshots(subscribed.frames)).toBe(0);
  const ended = await converse([{ fault, product: 'BTC-USD', every: 2 }], [BOTH, LESS]);
  expect(ended.acknowledged).toEqual([['BTC-USD', 'ETH-USD'], ['ETH-USD']]);
  expect(updatesAfter(ended.frames, 'BTC-USD')).toBeGreaterThan(0);
});

test('a refused request is answered with an error, one product or channel only', async () => {
  const rule: FaultRule = { fault: { kind: 'refused-request' }, channel: 'l2_data', product: 'BTC-USD' };
  const { frames, acknowledged, page } = await converse(
    [rule],
    [{ ...BOTH, product_ids: ['ETH-USD'] }, { ...BOTH, channel: 'ticker' }, BOTH],
  );
  expect(frames.filter(({ type }) => type === 'error')).toEqual([
    { type: 'error', message: 'failure to subscribe' },
  ]);
  expect(acknowledged.at(-1)).toEqual(['ETH-USD']);
  expect(page?.received.map(({ refusal }) => refusal)).toEqual([
    undefined,
    undefined,
    'failure to subscribe',
  ]);
});

test('a foreign subscription is listed and not served', async () => {
  const { frames } = await converse([{ fault: { kind: 'foreign-subscription' } }], [BOTH]);
  const [event] = frames.find(({ channel }) => channel === 'subscriptions')?.events ?? [];
  expect(event?.subscriptions).toMatchObject({
    level2: ['BTC-USD', 'ETH-USD', 'FOREIGN-USD'],
    user: [expect.any(String)],
  });
});

test.for([false, true])(
  'stray-error sends an error reply that no request caused (numbered: %s)',
  async (numbered) => {
    const { frames, page } = await converse(
      [{ fault: { kind: 'stray-error', message: 'odd', numbered }, channel: 'l2_data', every: 5 }],
      [BOTH],
    );
    const errors = frames.filter(({ type }) => type === 'error');
    expect(errors.length).toBeGreaterThan(2);
    expect(
      errors.every(
        ({ message, sequence_num: number }) => message === 'odd' && (number !== undefined) === numbered,
      ),
    ).toBe(true);
    const numbers = frames.flatMap(({ sequence_num: number }) => number ?? []);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(page?.sent).toBeGreaterThanOrEqual(frames.length);
  },
);

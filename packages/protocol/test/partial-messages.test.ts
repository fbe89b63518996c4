// @module-tag slow

import { createDriftReport, decode, MESSAGE_SCHEMAS, peek, peekDecoded } from '@feedtape/protocol';
import { expect, test } from 'vitest';
import { mutate, seededRandom } from './frame-mutations.ts';
import { frameOf, order, userFrame, userFrames } from './partial-frames.ts';
import { realFrames } from './real-frames.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const ordersOf = (frame: string): readonly string[] | undefined => {
  const decoded = decode(bytes(frame));
  return decoded.kind === 'message' && decoded.channel === 'user'
    ? decoded.message.events.flatMap(({ orders }) => orders.map(({ order_id: id }) => id))
    : undefined;
};

test.each([
  ['outstanding_hold_amount', null, 'null'],
  ['post_only', false, 'false'],
  ['number_of_fills', 1, '1'],
  ['limit_price', 'NaN', '"NaN"'],
  ['total_fees', '+Inf', '"+Inf"'],
  ['avg_price', '.00000712', '".00000712"'],
])('an order whose optional %s is %j keeps all else it says', (key, odd, value) => {
  const frame = userFrame([
    order(0, 'BTC-USD'),
    order(1, 'BTC-USD'),
    order(2, 'BTC-USD', { [key]: odd }),
    order(3, 'ETH-USD'),
  ]);
  const decoded = decode(bytes(frame));
  const rest = Object.fromEntries(Object.entries(order(2, 'BTC-USD')).filter(([name]) => name !== key));
  expect(decoded).toMatchObject({
    kind: 'message',
    channel: 'user',
    sequence: 5,
    oddities: [{ path: `events[0].orders[2].${key}`, omitted: `events[0].orders[2].${key}`, value }],
  });
  expect(decoded.kind === 'message' && decoded.message.events).toEqual([
    {
      type: 'snapshot',
      orders: [order(0, 'BTC-USD'), order(1, 'BTC-USD'), rest, order(3, 'ETH-USD')],
    },
  ]);
  expect(decode(frame)).toEqual(decoded);
});

test('an order without its id is omitted, and the others stay', () => {
  const frame = userFrame([
    order(0, 'BTC-USD'),
    order(1, 'SOL-USD', { order_id: 5 }),
    'no order',
    order(3, 'X-Y'),
  ]);
  expect(ordersOf(frame)).toEqual(['order-0', 'order-3']);
  expect(decode(bytes(frame))).toMatchObject({
    oddities: [
      { path: 'events[0].orders[1].order_id', omitted: 'events[0].orders[1]', value: '5' },
      { path: 'events[0].orders[2]', omitted: 'events[0].orders[2]', value: '"no order"' },
    ],
  });
});

test('the header is that of the frame, also if the message no longer names a product', () => {
  const frame = bytes(userFrame([order(0, 'BTC-USD'), order(1, 'SOL-USD', { order_id: 5 })]));
  expect(peekDecoded(decode(frame))).toEqual(peek(frame));
  expect(peek(frame)).toMatchObject({ productId: 'BTC-USD', otherProductIds: ['SOL-USD'] });
});

test.each([null, 'none', {}, undefined])(
  'orders of %j become an empty list, named in the oddities',
  (orders) => {
    const positions = { perpetual_futures_positions: [{ product_id: 'BIT-28NOV26-CDE', vwap: '1' }] };
    expect(decode(bytes(userFrame(orders, positions)))).toMatchObject({
      kind: 'message',
      message: { events: [{ type: 'snapshot', orders: [], positions }] },
      oddities: [{ path: 'events[0].orders', omitted: 'events[0].orders' }],
    });
  },
);

test('odd values of positions and balances are omitted', () => {
  const positions = {
    perpetual_futures_positions: [{ product_id: 'A-B-C', vwap: null }, { vwap: '1' }],
    expiring_futures_positions: null,
  };
  expect(decode(bytes(userFrame([], positions)))).toMatchObject({
    kind: 'message',
    message: {
      events: [{ orders: [], positions: { perpetual_futures_positions: [{ product_id: 'A-B-C' }] } }],
    },
  });
  const summary = { total_usd_balance: 5, initial_margin: '1', intraday_margin_window_measure: null };
  expect(
    decode(bytes(frameOf('futures_balance_summary', 3, { type: 'update', fcm_balance_summary: summary }))),
  ).toMatchObject({
    kind: 'message',
    message: { events: [{ fcm_balance_summary: { initial_margin: '1' } }] },
  });
});

test.each([
  ['an envelope without a time', userFrame([]).replace('"timestamp"', '"time"')],
  ['events that are no list', userFrame([]).replace('"events":[', '"events":{"a":[').replace(/\]\}$/, ']}}')],
  ['an event without a type', userFrame([]).replace('"snapshot"', '1')],
  ['an event that is none', frameOf('user', 5, [])],
  [
    'a level of a book',
    frameOf('l2_data', 5, {
      type: 'update',
      product_id: 'BTC-USD',
      updates: [{ side: 'bid', event_time: '', price_level: 'NaN', new_quantity: '1' }],
    }),
  ],
  ['the levels of a book', frameOf('l2_data', 5, { type: 'update', product_id: 'BTC-USD', updates: null })],
  ['every item of its list', userFrame([{ order_id: 5 }, 'no order'])],
  ['an acknowledgement', frameOf('subscriptions', 5, { subscriptions: { level2: ['BTC-USD', null] } })],
])('%s makes the whole frame invalid', (_, frame) => {
  expect(decode(bytes(frame))).toMatchObject({ kind: 'invalid', sequence: 5 });
});

test('oddities are limited in number and length', () => {
  const odd = Array.from({ length: 3_000 }, () => ({ order_id: 'x'.repeat(5_000) }));
  const frame = userFrame([...odd, order(1, 'BTC-USD')]);
  const decoded = decode(bytes(frame));
  const oddities = decoded.kind === 'message' ? (decoded.oddities ?? []) : [];
  expect(oddities).toHaveLength(100);
  expect(JSON.stringify(oddities).length).toBeLessThan(50_000);
  expect(ordersOf(frame)).toEqual(['order-1']);
});

test('drift names the odd value', () => {
  const report = createDriftReport();
  report.add(userFrame([order(0, 'BTC-USD', { limit_price: '+Inf', order_side: null })]));
  report.add(
    frameOf('l2_data', 5, {
      type: 'update',
      product_id: 'BTC-USD',
      updates: [{ side: 'bid', event_time: '', price_level: '.00000712', new_quantity: '1' }],
    }),
  );
  report.add(frameOf('ticker', 6, { type: 'update', tickers: [{ type: 'ticker', product_id: 'BTC-USD' }] }));
  expect(report.report().drifts).toContainEqual({
    kind: 'invalid',
    where: 'user.events[].orders[].limit_price',
    count: 1,
    example: '"+Inf"',
  });
  expect(report.report().drifts).toContainEqual({
    kind: 'invalid',
    where: 'l2_data.events[].updates[].price_level',
    count: 1,
    example: '".00000712"',
  });
  expect(report.report().drifts).toContainEqual({
    kind: 'invalid',
    where: 'ticker.events[].tickers[].price',
    count: 1,
    example: 'missing',
  });
});

test('every message that decode returns conforms to its schema, after any mutation', () => {
  const seed = Number(process.env['FEED_SEED'] ?? 16);
  const random = seededRandom(seed);
  const frames = [...realFrames, ...userFrames].filter(({ length }) => length < 3_000);
  let partial = 0;
  for (let index = 0; index < 20_000; index += 1) {
    const frame = mutate(Buffer.from(frames[Math.floor(random() * frames.length)]!), random);
    const decoded = decode(frame);
    if (decoded.kind !== 'message') continue;
    if (decoded.oddities !== undefined) partial += 1;
    const { success } = MESSAGE_SCHEMAS[decoded.channel].safeParse(decoded.message);
    expect(success, `seed ${seed}: ${frame.toString('latin1')}`).toBe(true);
  }
  expect(partial).toBeGreaterThan(50);
}, 120_000);

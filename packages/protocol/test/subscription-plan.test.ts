import { planSubscriptions, type RequestChannel } from '@feedtape/protocol';
import { expect, test } from 'vitest';

const products = (count: number): string[] => Array.from({ length: count }, (_, index) => `P${index}-USD`);

test('a small wish fits one connection, level2 first and heartbeats last', () => {
  expect(
    planSubscriptions([
      { channel: 'market_trades', productIds: ['BTC-USD'] },
      { channel: 'level2', productIds: ['BTC-USD', 'ETH-USD', 'BTC-USD'] },
    ]),
  ).toEqual([
    {
      endpoint: 'market',
      subscriptions: [
        { channel: 'level2', productIds: ['BTC-USD', 'ETH-USD'] },
        { channel: 'market_trades', productIds: ['BTC-USD'] },
        { channel: 'heartbeats' },
      ],
    },
  ]);
});

test('the 31st level2 product gets a second connection, and its trades follow it', () => {
  const wanted = products(31);
  const plan = planSubscriptions([
    { channel: 'level2', productIds: wanted },
    { channel: 'market_trades', productIds: wanted },
  ]);
  expect(plan).toHaveLength(2);
  expect(plan[1]?.subscriptions).toEqual([
    { channel: 'level2', productIds: ['P30-USD'] },
    { channel: 'market_trades', productIds: ['P30-USD'] },
    { channel: 'heartbeats' },
  ]);
});

test('private channels get the user endpoint', () => {
  expect(
    planSubscriptions([
      { channel: 'user', productIds: ['BTC-USD'] },
      { channel: 'user' },
      { channel: 'ticker', productIds: ['BTC-USD'] },
      { channel: 'futures_balance_summary' },
    ]),
  ).toEqual([
    {
      endpoint: 'market',
      subscriptions: [{ channel: 'ticker', productIds: ['BTC-USD'] }, { channel: 'heartbeats' }],
    },
    {
      endpoint: 'user',
      subscriptions: [{ channel: 'user' }, { channel: 'futures_balance_summary' }, { channel: 'heartbeats' }],
    },
  ]);
});

test('nothing wanted is no connection; heartbeats alone are one', () => {
  expect(planSubscriptions([])).toEqual([]);
  expect(planSubscriptions([{ channel: 'heartbeats' }])).toEqual([
    { endpoint: 'market', subscriptions: [{ channel: 'heartbeats' }] },
  ]);
});

test.each([
  ['PROTOCOL_BAD_LIMIT', { channel: 'level2', productIds: ['A-B'] }, { level2ProductsPerConnection: 0 }],
  ['PROTOCOL_PRODUCTS_MISSING', { channel: 'ticker', productIds: [] }, {}],
  ['PROTOCOL_PRODUCTS_NOT_ALLOWED', { channel: 'heartbeats', productIds: ['A-B'] }, {}],
  ['PROTOCOL_BAD_PRODUCT_ID', { channel: 'ticker', productIds: ['btc-usd'] }, {}],
  ['PROTOCOL_UNKNOWN_CHANNEL', { channel: 'full' as RequestChannel, productIds: ['A-B'] }, {}],
] as const)('%s is refused', (code, subscription, limits) => {
  expect(() => planSubscriptions([subscription], limits)).toThrow(expect.objectContaining({ code }));
});

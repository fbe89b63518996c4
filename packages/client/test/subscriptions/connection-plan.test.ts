import { planConnections } from '@feedtape/client';
import { expect, test } from 'vitest';

const products = (count: number): string[] => Array.from({ length: count }, (_, index) => `P${index}-USD`);

test('a small plan fits one connection, level2 first, and duplicates are merged', () => {
  expect(
    planConnections([
      { channel: 'market_trades', productIds: ['BTC-USD'] },
      { channel: 'level2', productIds: ['BTC-USD', 'ETH-USD', 'BTC-USD'] },
    ]),
  ).toEqual([
    {
      endpoint: 'market',
      subscriptions: [
        { channel: 'level2', productIds: ['BTC-USD', 'ETH-USD'] },
        { channel: 'heartbeats' },
        { channel: 'market_trades', productIds: ['BTC-USD'] },
      ],
    },
  ]);
});

test('the 31st level2 product gets a second connection, which carries its trades as well', () => {
  const productIds = products(31);
  const plan = planConnections([
    { channel: 'level2', productIds },
    { channel: 'market_trades', productIds },
  ]);
  expect(plan).toHaveLength(2);
  expect(plan[1]?.subscriptions).toEqual([
    { channel: 'level2', productIds: ['P30-USD'] },
    { channel: 'heartbeats' },
    { channel: 'market_trades', productIds: ['P30-USD'] },
  ]);
});

test('private channels get the user endpoint', () => {
  const plan = planConnections([
    { channel: 'user', productIds: ['BTC-USD'] },
    { channel: 'user' },
    { channel: 'ticker', productIds: ['BTC-USD'] },
  ]);
  expect(plan.map(({ endpoint }) => endpoint).toSorted()).toEqual(['market', 'user']);
  expect(plan.find(({ endpoint }) => endpoint === 'user')?.subscriptions).toEqual([
    { channel: 'user' },
    { channel: 'heartbeats' },
  ]);
});

test('no subscriptions plan no connection; heartbeats alone plan one', () => {
  expect(planConnections([])).toEqual([]);
  expect(planConnections([{ channel: 'heartbeats' }])).toEqual([
    { endpoint: 'market', subscriptions: [{ channel: 'heartbeats' }] },
  ]);
});

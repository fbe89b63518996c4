import { expect, test } from 'vitest';
import { subscriptionSetOf } from '#subscriptions/subscription-set';

// A feed that wanted to end such a subscription threw out of the socket's event; found on 2026-11-23.
test('an acknowledged name that is no product id is no subscription', () => {
  const hostile = '\u001B[2J\n';
  expect(subscriptionSetOf({ ticker: ['BTC-USD', hostile, ''], [hostile]: [hostile] })).toEqual(
    new Map([['ticker', new Set(['BTC-USD'])]]),
  );
});

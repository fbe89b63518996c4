import { expect, test } from 'vitest';
import { subscriptionSetOf } from '#subscriptions/subscription-set';

// A feed that wanted to end such a subscription threw out of the socket's event; found on 2026-11-23.
test('what can not be a product is no subscription, whatever an acknowledgement lists', () => {
  const hostile = '\u001B[2J\n';
  expect(subscriptionSetOf({ ticker: ['BTC-USD', hostile, ''], [hostile]: [hostile] })).toEqual(
    new Map([['ticker', new Set(['BTC-USD'])]]),
  );
});

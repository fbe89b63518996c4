import {
  aggressorOf,
  CHANNELS,
  checkSubscription,
  isPrivateChannel,
  isProtocolError,
  requestChannelOf,
  requestSchema,
  responseChannelOf,
  subscribeRequest,
  unsubscribeRequest,
  type RequestChannel,
} from '@feedtape/protocol';
import { expect, test } from 'vitest';

test('a subscription has one channel, its products without duplicates, and a token only if given', () => {
  expect(subscribeRequest({ channel: 'level2', productIds: ['BTC-USD', 'ETH-USD', 'BTC-USD'] })).toEqual({
    type: 'subscribe',
    channel: 'level2',
    product_ids: ['BTC-USD', 'ETH-USD'],
  });
});

test('private channels carry the token at the top level', () => {
  expect(subscribeRequest({ channel: 'user', jwt: 'a.b.c' })).toEqual({
    type: 'subscribe',
    channel: 'user',
    jwt: 'a.b.c',
  });
});

test('a channel can be unsubscribed whole', () => {
  expect(unsubscribeRequest({ channel: 'level2' })).toEqual({ type: 'unsubscribe', channel: 'level2' });
});

test('every channel has a request that its own schema accepts', () => {
  for (const channel of CHANNELS) {
    const productIds = ['heartbeats', 'futures_balance_summary'].includes(channel) ? [] : ['BTC-PERP-INTX'];
    const request = subscribeRequest({
      channel,
      productIds,
      ...(isPrivateChannel(channel) && { jwt: 'a.b.c' }),
    });
    expect(requestSchema.safeParse(request).success).toBe(true);
    expect(requestChannelOf(responseChannelOf(channel))).toBe(channel);
  }
  expect(['subscriptions', 'level2', 'full'].map(requestChannelOf)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

const SECRET = 'header.claims signature';

test.each([
  ['PROTOCOL_UNKNOWN_CHANNEL', { channel: 'heartbeat' as RequestChannel }],
  ['PROTOCOL_PRODUCTS_MISSING', { channel: 'ticker' }],
  ['PROTOCOL_PRODUCTS_NOT_ALLOWED', { channel: 'heartbeats', productIds: ['BTC-USD'] }],
  ['PROTOCOL_BAD_PRODUCT_ID', { channel: 'ticker', productIds: ['BTC-USD\n'] }],
  ['PROTOCOL_TOKEN_MISSING', { channel: 'futures_balance_summary' }],
  ['PROTOCOL_BAD_TOKEN', { channel: 'user', jwt: SECRET }],
] as const)('%s refuses %j before anything is sent', (code, input) => {
  const refuse = () => subscribeRequest(input);
  expect(refuse).toThrow(expect.objectContaining({ code }));
  expect(refuse).toThrow(expect.not.objectContaining({ message: expect.stringContaining(SECRET) }));
});

test('isProtocolError accepts errors of another copy of the package', () => {
  expect(
    isProtocolError(Object.assign(new Error('x'), { name: 'ProtocolError', code: 'PROTOCOL_TOKEN_MISSING' })),
  ).toBe(true);
  expect(isProtocolError(new Error('x'))).toBe(false);
});

test('the side of a trade is the maker’s', () => {
  expect([{ side: 'BUY' }, { side: 'SELL' }, { side: 'UNKNOWN_ORDER_SIDE' }].map(aggressorOf)).toEqual([
    'SELL',
    'BUY',
    undefined,
  ]);
});

test.each([
  ['PROTOCOL_PRODUCTS_MISSING', { channel: 'ticker', productIds: [] }],
  ['PROTOCOL_PRODUCTS_NOT_ALLOWED', { channel: 'heartbeats', productIds: ['A-B'] }],
  ['PROTOCOL_BAD_PRODUCT_ID', { channel: 'ticker', productIds: ['btc-usd'] }],
  ['PROTOCOL_UNKNOWN_CHANNEL', { channel: 'full' as RequestChannel, productIds: ['A-B'] }],
] as const)('a subscription is checked without a token: %s', (code, subscription) => {
  expect(() => checkSubscription(subscription)).toThrow(expect.objectContaining({ code }));
});

test('a private subscription needs no token to be checked', () => {
  expect(() => checkSubscription({ channel: 'user' })).not.toThrow();
});

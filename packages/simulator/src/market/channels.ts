import type { SnapshotChannel } from './product-market.ts';
import type { WireChannel } from './publication.ts';
import { servedAs } from './product-catalog.ts';

/** Names of the channels in requests and acknowledgements. */
export type RequestChannel =
  | 'level2'
  | 'market_trades'
  | 'ticker'
  | 'ticker_batch'
  | 'candles'
  | 'status'
  | 'heartbeats'
  | 'user'
  | 'futures_balance_summary';

/** `market` serves every channel, `user` only heartbeats and the two private ones. */
export type Endpoint = 'market' | 'user';

const MARKET_CHANNELS: ReadonlySet<unknown> = new Set<RequestChannel>([
  'level2',
  'market_trades',
  'ticker',
  'ticker_batch',
  'candles',
  'status',
  'heartbeats',
  'user',
  'futures_balance_summary',
]);
const USER_CHANNELS: ReadonlySet<unknown> = new Set<RequestChannel>([
  'heartbeats',
  'user',
  'futures_balance_summary',
]);

export function isServed(channel: unknown, endpoint: Endpoint): channel is RequestChannel {
  return (endpoint === 'user' ? USER_CHANNELS : MARKET_CHANNELS).has(channel);
}

export function isPrivate(channel: RequestChannel): boolean {
  return channel === 'user' || channel === 'futures_balance_summary';
}

/** Whether a channel is subscribed to product by product. */
export function hasProducts(channel: RequestChannel): channel is SnapshotChannel {
  return channel !== 'heartbeats' && !isPrivate(channel);
}

/** The product that a channel serves under this id: `user` alone keeps `-USDC`. */
export function productOf(channel: RequestChannel, id: string): string {
  return channel === 'user' ? id : servedAs(id);
}

/** The only channel that is asked for under one name and answered under another. */
export function wireName(channel: RequestChannel): WireChannel {
  return channel === 'level2' ? 'l2_data' : channel;
}

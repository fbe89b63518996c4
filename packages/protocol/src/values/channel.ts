/**
 * Every channel, by its name in requests. Names of the older Exchange feed (`heartbeat`, `full`, `matches`,
 * `level2_batch`) do not exist here; the exchange replies to them with "authentication failure".
 */
export const CHANNELS = [
  'heartbeats',
  'candles',
  'status',
  'ticker',
  'ticker_batch',
  'level2',
  'market_trades',
  'user',
  'futures_balance_summary',
] as const;

/** A channel's name in a request and in the keys of a `subscriptions` reply. */
export type RequestChannel = (typeof CHANNELS)[number];

/** A channel's name in frames: `level2` becomes `l2_data`, and acknowledgements have `subscriptions`. */
export type ResponseChannel = Exclude<RequestChannel, 'level2'> | 'l2_data' | 'subscriptions';

/** Whether a text is the name of a channel in requests. */
export function isRequestChannel(name: string): name is RequestChannel {
  return (CHANNELS as readonly string[]).includes(name);
}

/** The request name of a channel in frames; `undefined` for `subscriptions` and unknown channels. */
export function requestChannelOf(responseChannel: string): RequestChannel | undefined {
  if (responseChannel === 'l2_data') return 'level2';
  return responseChannel !== 'level2' && isRequestChannel(responseChannel) ? responseChannel : undefined;
}

/** The name of a requested channel in frames. */
export function responseChannelOf(requestChannel: RequestChannel): ResponseChannel {
  return requestChannel === 'level2' ? 'l2_data' : requestChannel;
}

/** Whether the channel carries an account's own data and a request for it needs a token. */
export function isPrivateChannel(channel: string): boolean {
  return channel === 'user' || channel === 'futures_balance_summary';
}

/**
 * Whether a subscription takes `product_ids`: `required`, `optional` (`user`: none means all) or `none` (channels
 * without products).
 */
export function productsOf(channel: RequestChannel): 'required' | 'optional' | 'none' {
  if (channel === 'heartbeats' || channel === 'futures_balance_summary') return 'none';
  return channel === 'user' ? 'optional' : 'required';
}

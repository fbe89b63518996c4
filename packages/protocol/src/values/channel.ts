/**
 * Every channel a client can ask for, by the name used in requests. Names of the older Exchange feed
 * (`heartbeat`, `full`, `matches`, `level2_batch`) do not exist here; the exchange answers them with
 * "authentication failure".
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

/** A channel's name in the frames that answer: `level2` becomes `l2_data`, and replies come on `subscriptions`. */
export type ResponseChannel = Exclude<RequestChannel, 'level2'> | 'l2_data' | 'subscriptions';

/** Whether a text is the request name of a channel. */
export function isRequestChannel(name: string): name is RequestChannel {
  return (CHANNELS as readonly string[]).includes(name);
}

/** The name to ask for to receive frames of a channel; `undefined` for `subscriptions` and unknown channels. */
export function requestChannelOf(responseChannel: string): RequestChannel | undefined {
  if (responseChannel === 'l2_data') return 'level2';
  return responseChannel !== 'level2' && isRequestChannel(responseChannel) ? responseChannel : undefined;
}

/** The name that frames of a requested channel carry. */
export function responseChannelOf(requestChannel: RequestChannel): ResponseChannel {
  return requestChannel === 'level2' ? 'l2_data' : requestChannel;
}

/** Whether the channel carries an account's own data and a request for it needs a token. */
export function isPrivateChannel(channel: string): boolean {
  return channel === 'user' || channel === 'futures_balance_summary';
}

/**
 * Which `product_ids` a subscription takes: `required`, `optional` (`user`: none means all) or `none`
 * (channels that are not about products).
 */
export function productsOf(channel: RequestChannel): 'required' | 'optional' | 'none' {
  if (channel === 'heartbeats' || channel === 'futures_balance_summary') return 'none';
  return channel === 'user' ? 'optional' : 'required';
}

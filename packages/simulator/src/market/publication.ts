/** Names of the channels on the wire: what a frame's `channel` says. */
export type WireChannel =
  | 'l2_data'
  | 'market_trades'
  | 'ticker'
  | 'ticker_batch'
  | 'candles'
  | 'status'
  | 'heartbeats'
  | 'subscriptions'
  | 'user'
  | 'futures_balance_summary';

/** Something the exchange tells everybody who subscribed to it; each connection puts its own number on it. */
export interface Publication {
  /** Nanoseconds since the exchange began. */
  readonly at: number;
  readonly channel: WireChannel;
  readonly product: string;
  /** The frame from `,"events":[` to its end; the same bytes for every connection. */
  readonly tail: Buffer;
}

/**
 * A publication that is only written when somebody wants it. Ask for `tail` before the market moves on: it
 * describes the market as it is when asked.
 */
export function lazyPublication(
  at: number,
  channel: WireChannel,
  product: string,
  event: () => string,
): Publication {
  let written: Buffer | undefined;
  return {
    at,
    channel,
    product,
    get tail() {
      return (written ??= tailOf(event()));
    },
  };
}

/** The end of a frame that carries one event. */
export function tailOf(event: string): Buffer {
  return Buffer.from(`,"events":[${event}]}`, 'latin1');
}

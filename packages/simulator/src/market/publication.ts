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
  /** The frame from `,"events":[` to its end, ASCII only; the same for every connection. */
  readonly tail: string;
  /** The time to show, where it is not `at` that counts: recorded frames keep theirs. */
  readonly timestamp?: string | undefined;
}

/**
 * A publication that is only written when somebody wants it. Ask for `tail` before the market moves on: it
 * describes the market as it is when asked. (A class, because hundreds of thousands are made a second.)
 */
export class LazyPublication implements Publication {
  readonly at: number;
  readonly channel: WireChannel;
  readonly product: string;
  readonly #event: () => string;
  #tail: string | undefined;

  constructor(at: number, channel: WireChannel, product: string, event: () => string) {
    this.at = at;
    this.channel = channel;
    this.product = product;
    this.#event = event;
  }

  get tail(): string {
    return (this.#tail ??= tailOf(this.#event()));
  }
}

/** The end of a frame that carries one event. */
export function tailOf(event: string): string {
  return `,"events":[${event}]}`;
}

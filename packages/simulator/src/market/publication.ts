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

/** An event for every subscriber; each connection adds its own sequence number. */
export interface Publication {
  /** Nanoseconds since the exchange began. */
  readonly at: number;
  readonly channel: WireChannel;
  readonly product: string;
  /** The frame from `,"events":[` to its end, ASCII only; the same for every connection. */
  readonly tail: string;
  /** The `timestamp` of the frame, if not `at`: recorded frames keep theirs. */
  readonly timestamp?: string | undefined;
}

/**
 * A publication that is serialised on first use. Read `tail` before the market moves on: it describes the market at
 * that moment. (A class, because hundreds of thousands are created per second.)
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

import type { Decimal } from '@feedtape/protocol';

/** A price and what rests there, as the exact decimals of the wire, without trailing zeros. */
export interface Level {
  readonly price: Decimal;
  readonly size: Decimal;
}

/**
 * Why a book must not be trusted.
 *
 * - `gap`, `disconnect`, `silence`: told by whoever watches the connection.
 * - `crossed`, `locked`: after a whole frame the best bid was above, or at, the best ask.
 * - `update-before-snapshot`: the book had nothing to apply the update to.
 * - `unreadable`: an event neither `snapshot` nor `update`, a side neither `bid` nor `offer`, or a price or size
 *   that is not a decimal of at most 64 characters, or is negative.
 */
export type StaleReason =
  | 'gap'
  | 'disconnect'
  | 'silence'
  | 'crossed'
  | 'locked'
  | 'update-before-snapshot'
  | 'unreadable';

/** The best prices together with whether they may be used at all. A side without levels has no best price. */
export type TopOfBook =
  | { readonly status: 'empty' }
  | { readonly status: 'stale'; readonly reason: StaleReason }
  | { readonly status: 'fresh'; readonly bid: Level | undefined; readonly ask: Level | undefined };

/** A book at one moment; frozen, and no part of it changes with the book. Best price first on both sides. */
export interface BookSnapshot {
  readonly productId: string;
  readonly status: 'fresh' | 'stale';
  /** Why, when it is stale. */
  readonly reason?: StaleReason;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

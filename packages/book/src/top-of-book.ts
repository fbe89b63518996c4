import type { Decimal } from '@feedtape/protocol';

/** A price and its size, as exact decimals without trailing zeros. */
export interface Level {
  readonly price: Decimal;
  readonly size: Decimal;
}

/**
 * Why a book is stale.
 *
 * - `gap`, `disconnect`, `silence`: reported with {@link Book.markStale} by the observer of the connection.
 * - `crossed`, `locked`: after a whole frame, the best bid was above, or equal to, the best ask.
 * - `update-before-snapshot`: an update of an empty book.
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

/** The best prices, present only in a fresh book. A side without levels has no best price. */
export type TopOfBook =
  | { readonly status: 'empty' }
  | { readonly status: 'stale'; readonly reason: StaleReason }
  | { readonly status: 'fresh'; readonly bid: Level | undefined; readonly ask: Level | undefined };

/** A frozen copy of a book. Best price first on both sides. */
export interface BookSnapshot {
  readonly productId: string;
  readonly status: 'fresh' | 'stale';
  /** Why the book is stale, if it is. */
  readonly reason?: StaleReason;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

import type { Decimal, Level2Batch, Level2Event } from '@feedtape/protocol';
import type { BookSnapshot, Level, StaleReason, TopOfBook } from './top-of-book.ts';

/** A side of the book, as on the wire: `bid` buys, `offer` sells. */
export type BookSide = 'bid' | 'offer';

/**
 * The outcome of applying a frame.
 *
 * - `applied`: the book changed and is fresh.
 * - `other-product`: no event is for this product; nothing changed.
 * - `ignored`: an update of a stale book; nothing changed, as only a snapshot can make it fresh.
 * - `outdated`: an update older than the last snapshot, which already contains it; skipped.
 * - `became-stale`: the frame made the book stale; {@link Book.top} has the reason.
 */
export type Applied = 'applied' | 'other-product' | 'ignored' | 'outdated' | 'became-stale';

/**
 * The order book of one product: `empty` until the first snapshot, then `fresh`, and `stale` from anything that makes
 * its prices doubtful until the next snapshot. Every price is `undefined` unless the book is fresh, so that a stale
 * price cannot be mistaken for a current one.
 */
export interface Book {
  readonly productId: string;
  readonly status: 'empty' | 'fresh' | 'stale';
  /** Why the book is stale; `undefined` if it is not. */
  readonly staleReason: StaleReason | undefined;
  /** Levels held on both sides, whatever the status. */
  readonly levelCount: number;

  /**
   * Applies all events of one frame: a snapshot replaces the book, an update sets sizes, size 0 deletes,
   * and deleting an unknown level is normal. Events of other products are skipped. The book is checked for being
   * crossed or locked once, after the whole frame.
   */
  apply(frame: Level2Event | readonly Level2Event[]): Applied;
  /** Applies a batch of `createLevel2Decoder`, like {@link apply}. */
  applyBatch(batch: Level2Batch): Applied;
  /** Makes the book stale: after a gap, a disconnect or a silence of its connection. */
  markStale(reason: 'gap' | 'disconnect' | 'silence'): void;

  /** Status and best prices as one value. */
  readonly top: TopOfBook;
  readonly bestBid: Level | undefined;
  readonly bestAsk: Level | undefined;
  /** Exactly halfway between best bid and best ask. */
  readonly mid: Decimal | undefined;
  /** Best ask less best bid; always positive, as a crossed or locked book is stale. */
  readonly spread: Decimal | undefined;
  /** At most `levels` levels of a side, best first. */
  depth(side: BookSide, levels: number): readonly Level[] | undefined;
  /**
   * The total size at a price or better, as an exact decimal.
   *
   * @throws BookError `BOOK_PRICE_INVALID`
   */
  volumeTo(side: BookSide, price: string): Decimal | undefined;
  /**
   * Iterates over all levels of a side, best first, without a copy.
   *
   * @throws BookError `BOOK_CHANGED` if the book changes during the iteration
   */
  levels(side: BookSide): IterableIterator<Level> | undefined;
  /** A frozen copy of both sides, at most `levels` levels of each. @default all levels */
  snapshot(levels?: number): BookSnapshot | undefined;
  /** The last contents, stale or not, with their status; `undefined` while the book is empty. */
  lastKnown(levels?: number): BookSnapshot | undefined;

  /**
   * Calls the listener after every frame or mark that changes the status, a best price or its size. The book is
   * consistent during the call. Errors of listeners are thrown to the caller of `apply` after all listeners have run.
   * Returns a function that removes the listener.
   */
  onTopChange(listener: (top: TopOfBook) => void): () => void;
}

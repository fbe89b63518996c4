import type { Decimal, Level2Batch, Level2Event } from '@feedtape/protocol';
import type { BookSnapshot, Level, StaleReason, TopOfBook } from './top-of-book.ts';

/** Which side of a book: `bid` buys, `offer` sells, as on the wire. */
export type BookSide = 'bid' | 'offer';

/**
 * What became of a frame.
 *
 * - `applied`: the book holds it and is fresh.
 * - `other-product`: none of its events is for this product; nothing changed.
 * - `ignored`: an update while the book is stale; nothing changed, only a snapshot can.
 * - `outdated`: an update older than the snapshot that the book stands on, which therefore holds it; skipped.
 * - `became-stale`: it made the book stale; {@link Book.top} says why.
 */
export type Applied = 'applied' | 'other-product' | 'ignored' | 'outdated' | 'became-stale';

/**
 * One product's order book. It is `empty` until the first snapshot, then `fresh`, and `stale` from anything
 * that makes its prices doubtful until the next snapshot. Everything that reads prices gives `undefined`
 * unless the book is fresh, so that a stale price cannot be taken for a current one by forgetting to look.
 */
export interface Book {
  readonly productId: string;
  readonly status: 'empty' | 'fresh' | 'stale';
  /** Why the book is stale; `undefined` when it is not. */
  readonly staleReason: StaleReason | undefined;
  /** Levels held on both sides, whatever the status. */
  readonly levelCount: number;

  /**
   * Applies all events of one frame: a snapshot replaces the book, an update sets sizes, size 0 deletes,
   * and deleting a level that is not held is normal. Events of other products are skipped. Whether the book is
   * crossed or locked is looked at once, after the whole frame.
   */
  apply(frame: Level2Event | readonly Level2Event[]): Applied;
  /** The same for a frame that the fast decoder turned into scaled integers. */
  applyBatch(batch: Level2Batch): Applied;
  /** Makes the book stale: after a gap on its connection, when that connection ends, or when it has been silent. */
  markStale(reason: 'gap' | 'disconnect' | 'silence'): void;

  /** Status and best prices in one value that cannot be read apart. */
  readonly top: TopOfBook;
  readonly bestBid: Level | undefined;
  readonly bestAsk: Level | undefined;
  /** Exactly halfway between best bid and best ask. */
  readonly mid: Decimal | undefined;
  /** Best ask less best bid; never negative or zero, for then the book is not fresh. */
  readonly spread: Decimal | undefined;
  /** The best levels of a side, at most `levels` of them, best first. */
  depth(side: BookSide, levels: number): readonly Level[] | undefined;
  /**
   * The whole size that rests at a price or better, as an exact decimal.
   *
   * @throws BookError `BOOK_PRICE_INVALID`
   */
  volumeTo(side: BookSide, price: string): Decimal | undefined;
  /**
   * All levels of a side, best first, read from the live book without a copy.
   *
   * @throws BookError `BOOK_CHANGED` when the book changes before the iteration is over
   */
  levels(side: BookSide): IterableIterator<Level> | undefined;
  /** A frozen copy of both sides, at most `levels` of each. */
  snapshot(levels?: number): BookSnapshot | undefined;
  /** What the book held last, stale or not, with its status on it; `undefined` while it is empty. */
  lastKnown(levels?: number): BookSnapshot | undefined;

  /**
   * Calls the listener after every frame or mark that changed the status, a best price or the size there.
   * The book is consistent when it is called. All listeners are called, then what one has thrown goes to whoever
   * applied the frame. Returns a function that ends it.
   */
  onTopChange(listener: (top: TopOfBook) => void): () => void;
}

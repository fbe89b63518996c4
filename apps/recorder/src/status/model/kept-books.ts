import { createBook, type Applied, type Book } from '@feedtape/book';
import { createLevel2Decoder, isProductId, type Peeked } from '@feedtape/protocol';
import type { Verdict } from '@feedtape/sequencer';
import type { FrameItem, RecoveredItem, StaleItem } from '@feedtape/client';
import type { BookTop, BooksSnapshot } from './status-snapshot.ts';

/** Maximum number of books; a deep one takes about 3 MB. */
export const BOOK_LIMIT = 32;

/** Products beyond the limit that are counted one by one. */
const COUNTED_LIMIT = 2000;

interface KeptBook {
  readonly book: Book;
  /** The connection of the book's snapshot; only its updates apply. */
  owner: number;
  updatedAt: number;
  /** Its connection is silent. Unlike other reasons, this ends without a snapshot. */
  silent: boolean;
}

/** The order books of the first {@link BOOK_LIMIT} level2 products. */
export interface KeptBooks {
  frame(item: FrameItem, peeked: Peeked): void;
  /** Precedes the frame that shows the gap, so that a snapshot in that frame makes the book fresh again. */
  stale(item: StaleItem): void;
  recovered(item: RecoveredItem): void;
  snapshot(toWall: (at: number) => number): BooksSnapshot;
}

export function createKeptBooks(): KeptBooks {
  const books = new Map<string, KeptBook>();
  const notKept = new Set<string>();
  const decodeLevel2 = createLevel2Decoder();

  /** Returns the book of a product; creates it below the limit. */
  const bookOf = (product: string, { connection, at }: FrameItem): KeptBook | undefined => {
    const known = books.get(product);
    if (known !== undefined) return known;
    if (!isProductId(product)) return undefined;
    if (books.size >= BOOK_LIMIT) {
      if (notKept.size < COUNTED_LIMIT) notKept.add(product);
      return undefined;
    }
    const kept = { book: createBook(product), owner: connection, updatedAt: at, silent: false };
    books.set(product, kept);
    return kept;
  };

  /** The books of an item's products that are on its connection. */
  const concerned = ({ connection, productIds }: StaleItem | RecoveredItem): readonly KeptBook[] =>
    productIds.flatMap((product) => books.get(product) ?? []).filter(({ owner }) => owner === connection);

  return {
    frame(item, { channel, productId, eventType }) {
      if (channel !== 'l2_data' || !isCurrent(item.verdict)) return;
      if (productId === undefined) return markStale(books, item.connection);
      const kept = bookOf(productId, item);
      if (kept === undefined || !mayApply(kept, item.connection, eventType)) return;
      const applied = applyTo(kept.book, item, decodeLevel2(item.bytes));
      if (applied === undefined) kept.book.markStale('gap');
      else if (applied === 'applied') kept.updatedAt = item.at;
    },
    stale(item) {
      for (const kept of concerned(item)) {
        if (item.reason === 'silence') kept.silent = true;
        else kept.book.markStale(item.reason === 'disconnect' ? 'disconnect' : 'gap');
      }
    },
    recovered(item) {
      for (const kept of concerned(item)) kept.silent = false;
    },
    snapshot: (toWall) => ({
      kept: [...books.values()]
        .map((kept) => topOf(kept, toWall))
        .toSorted((left, right) => (left.product < right.product ? -1 : 1)),
      limit: BOOK_LIMIT,
      notKept: notKept.size,
    }),
  };
}

/** A book applies one line. The other line takes over with a snapshot once this one is not fresh. */
function mayApply(kept: KeptBook, connection: number, eventType: string | undefined): boolean {
  if (kept.owner === connection) return true;
  if (kept.book.status === 'fresh' || eventType !== 'snapshot') return false;
  kept.owner = connection;
  kept.silent = false;
  return true;
}

/** Applies integers where they fit, otherwise the decimals of the message. */
function applyTo(
  book: Book,
  item: FrameItem,
  batch: ReturnType<ReturnType<typeof createLevel2Decoder>>,
): Applied | undefined {
  if (batch !== undefined) return book.applyBatch(batch);
  const { decoded } = item;
  return decoded.kind === 'message' && decoded.channel === 'l2_data'
    ? book.apply(decoded.message.events)
    : undefined;
}

/** Undecodable frame: the product is unknown, so every book of this connection becomes stale. */
function markStale(books: ReadonlyMap<string, KeptBook>, connection: number): void {
  for (const { book, owner } of books.values()) if (owner === connection) book.markStale('gap');
}

/** Rejects old frames, which must not overwrite newer ones. */
const isCurrent = (verdict: Verdict | undefined): boolean =>
  verdict?.kind === 'first' || verdict?.kind === 'next' || verdict?.kind === 'gap';

/** The best levels, of the last known state if the book is stale. */
function topOf({ book, owner, updatedAt, silent }: KeptBook, toWall: (at: number) => number): BookTop {
  const known = book.lastKnown(1);
  const [bid] = known?.bids ?? [];
  const [ask] = known?.asks ?? [];
  const { spread } = book;
  const reason = book.staleReason ?? (silent ? 'silence' : undefined);
  return {
    product: book.productId,
    connection: owner,
    status: silent && book.status === 'fresh' ? 'stale' : book.status,
    ...(bid === undefined ? {} : { bid }),
    ...(ask === undefined ? {} : { ask }),
    ...(spread === undefined ? {} : { spread }),
    levels: book.levelCount,
    updatedAt: Math.round(toWall(updatedAt)),
    ...(reason === undefined ? {} : { reason }),
  };
}

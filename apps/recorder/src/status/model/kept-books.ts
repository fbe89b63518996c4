import { createBook, type Applied, type Book } from '@feedtape/book';
import { createLevel2Decoder, isProductId, type Peeked } from '@feedtape/protocol';
import type { Verdict } from '@feedtape/sequencer';
import type { FrameItem, RecoveredItem, StaleItem } from '@feedtape/client';
import type { BookTop, BooksSnapshot } from './status-snapshot.ts';

/** Books that are kept at most; a deep one takes some 3 MB. */
export const BOOK_LIMIT = 32;

/** Products beyond the limit that are counted one by one. */
const COUNTED_LIMIT = 2000;

interface KeptBook {
  readonly book: Book;
  /** The connection whose snapshot the book stands on; only its updates fit. */
  owner: number;
  updatedAt: number;
  /** Nothing comes on its connection; unlike all else this heals without a snapshot. */
  silent: boolean;
}

/** The order books of the first {@link BOOK_LIMIT} level2 products. */
export interface KeptBooks {
  frame(item: FrameItem, peeked: Peeked): void;
  /** Comes before the frame that shows the gap, so that a snapshot in that frame makes the book fresh again. */
  stale(item: StaleItem): void;
  recovered(item: RecoveredItem): void;
  snapshot(toWall: (at: number) => number): BooksSnapshot;
}

export function createKeptBooks(): KeptBooks {
  const books = new Map<string, KeptBook>();
  const notKept = new Set<string>();
  const decodeLevel2 = createLevel2Decoder();

  /** The book of a product, made when there is room for it. */
  const bookOf = (product: string, { connection, receivedAt }: FrameItem): KeptBook | undefined => {
    const known = books.get(product);
    if (known !== undefined) return known;
    if (!isProductId(product)) return undefined;
    if (books.size >= BOOK_LIMIT) {
      if (notKept.size < COUNTED_LIMIT) notKept.add(product);
      return undefined;
    }
    const kept = { book: createBook(product), owner: connection, updatedAt: receivedAt, silent: false };
    books.set(product, kept);
    return kept;
  };

  /** Two lines of one product can't be mixed: the other line takes over with a snapshot, once this one is not fresh. */
  const mayApply = (kept: KeptBook, connection: number, eventType: string | undefined): boolean => {
    if (kept.owner === connection) return true;
    if (kept.book.status === 'fresh' || eventType !== 'snapshot') return false;
    kept.owner = connection;
    kept.silent = false;
    return true;
  };

  /** The books of an item's products that stand on its connection. */
  const concerned = ({ connection, productIds }: StaleItem | RecoveredItem): readonly KeptBook[] =>
    productIds.flatMap((product) => books.get(product) ?? []).filter(({ owner }) => owner === connection);

  /** As integers where they fit, else as the text of the wire. */
  const applyTo = (book: Book, item: FrameItem): Applied | undefined => {
    const batch = decodeLevel2(item.bytes);
    if (batch !== undefined) return book.applyBatch(batch);
    const { decoded } = item;
    return decoded.kind === 'message' && decoded.channel === 'l2_data'
      ? book.apply(decoded.message.events)
      : undefined;
  };

  /** Levels came that cannot be read, and nobody knows of which product. */
  const distrust = (connection: number): void => {
    for (const { book, owner } of books.values()) if (owner === connection) book.markStale('gap');
  };

  return {
    frame(item, { channel, productId, eventType }) {
      if (channel !== 'l2_data' || !isCurrent(item.verdict)) return;
      if (productId === undefined) return distrust(item.connection);
      const kept = bookOf(productId, item);
      if (kept === undefined || !mayApply(kept, item.connection, eventType)) return;
      const applied = applyTo(kept.book, item);
      if (applied === undefined) kept.book.markStale('gap');
      else if (applied === 'applied') kept.updatedAt = item.receivedAt;
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

/** An old frame must not overwrite what a newer one said. */
const isCurrent = (verdict: Verdict | undefined): boolean =>
  verdict?.kind === 'first' || verdict?.kind === 'next' || verdict?.kind === 'gap';

/** The best levels, from the book's last known state when it is stale. */
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

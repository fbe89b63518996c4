import { createLevel2Decoder, type Level2Batch, type Level2Event } from '@feedtape/protocol';
import { derive } from './derived.ts';
import type { Feed } from './feed.ts';
import { type FeedItem, type FrameItem, isInOrder } from './feed-item.ts';
import { LineMap } from './line.ts';

/** What a book has to be able to do; `createBook` of `@feedtape/book` makes one. */
export interface BookLike {
  readonly status: 'empty' | 'fresh' | 'stale';
  apply(event: Level2Event | readonly Level2Event[]): unknown;
  /** The same from scaled integers: the fast way. */
  applyBatch(batch: Level2Batch): unknown;
  markStale(reason: 'gap' | 'disconnect' | 'silence'): void;
}

/** A product's book changed, or whether it can be trusted did. */
export interface BookItem<Book extends BookLike> {
  readonly kind: 'book';
  readonly productId: string;
  /** The book to use now. With `redundancy: 2` it is one of two: they are never mixed. */
  readonly book: Book;
  /** `stale` also while the connection is silent, when the book itself still says `fresh`. */
  readonly status: 'empty' | 'fresh' | 'stale';
}

/** The books of a feed: see {@link books} and {@link keepBooks}. */
export interface BookKeeper<Book extends BookLike> {
  /** Takes every item of the feed, in order; returns what changed. */
  take(item: FeedItem): readonly BookItem<Book>[];
  /** The book of a product as it is named on the wire, `undefined` before its first frame. */
  get(productId: string): BookItem<Book> | undefined;
  /** Products that have a book. */
  readonly productIds: readonly string[];
}

/** A stream of changes that also knows the present state. */
export interface Books<Book extends BookLike> extends AsyncIterable<BookItem<Book>> {
  get(productId: string): BookItem<Book> | undefined;
  readonly productIds: readonly string[];
}

/**
 * Keeps a book for every level2 product of a feed, through gaps, silences and reconnects: a book is stale from the
 * moment something is missing until its next snapshot. With `redundancy: 2` there is a book for each line; a fresh
 * one is shown, and updates of the one never reach the other.
 *
 * @example
 * ```ts
 * const all = books(feed, createBook);
 * for await (const { productId, book, status } of all) {
 *   if (status === 'fresh') console.log(productId, book.mid);
 * }
 * ```
 */
export function books<Book extends BookLike>(
  feed: Feed,
  createBook: (productId: string) => Book,
): Books<Book> {
  const keeper = keepBooks(createBook, (productId, connection) => feed.refresh([productId], connection));
  const changes = derive(feed, (item) => keeper.take(item));
  return {
    [Symbol.asyncIterator]: () => changes[Symbol.asyncIterator](),
    get: (productId) => keeper.get(productId),
    get productIds() {
      return keeper.productIds;
    },
  };
}

/**
 * The same for those who read the feed themselves, with `consume` or `batches`: give every item to `take`.
 *
 * @param onBroken told when a book became stale by itself, because it is crossed or a frame cannot be read: then
 * only `Feed.refresh` brings a snapshot
 */
export function keepBooks<Book extends BookLike>(
  createBook: (productId: string) => Book,
  onBroken: (productId: string, connection: number) => void = () => {},
): BookKeeper<Book> {
  return new Keeper(createBook, onBroken);
}

interface Kept<Book extends BookLike> {
  readonly book: Book;
  silent: boolean;
  /** Where its last frame came from. */
  connection: number;
}

interface Shelf<Book extends BookLike> {
  /** By line. */
  readonly lines: Kept<Book>[];
  leader: number;
}

class Keeper<Book extends BookLike> implements BookKeeper<Book> {
  readonly #createBook: (productId: string) => Book;
  readonly #onBroken: (productId: string, connection: number) => void;
  readonly #shelves = new Map<string, Shelf<Book>>();
  readonly #lines = new LineMap();
  readonly #decode = createLevel2Decoder();

  constructor(
    createBook: (productId: string) => Book,
    onBroken: (productId: string, connection: number) => void,
  ) {
    this.#createBook = createBook;
    this.#onBroken = onBroken;
  }

  get productIds(): readonly string[] {
    return [...this.#shelves.keys()];
  }

  get(productId: string): BookItem<Book> | undefined {
    const shelf = this.#shelves.get(productId);
    const kept = shelf?.lines[shelf.leader];
    return kept === undefined ? undefined : itemOf(productId, kept);
  }

  take(item: FeedItem): readonly BookItem<Book>[] {
    if (item.kind === 'frame') return item.channel === 'l2_data' ? this.#frame(item) : [];
    // While the connection is still known: its line is needed to find the books.
    const changed: BookItem<Book>[] = [];
    if (item.kind === 'gap' || item.kind === 'disconnected') this.#lose(item, changed);
    else if (item.kind === 'stale' || item.kind === 'recovered') this.#judge(item, changed);
    this.#lines.note(item);
    return changed;
  }

  #frame(frame: FrameItem): readonly BookItem<Book>[] {
    if (!isInOrder(frame)) return [];
    const line = this.#lines.lineOf(frame.connection);
    const changed: BookItem<Book>[] = [];
    const batch = this.#decode(frame.bytes);
    if (batch === undefined) this.#plain(frame, line, changed);
    else {
      for (const productId of productsIn(batch.events)) {
        const { book } = this.#kept(productId, line);
        this.#apply(frame, productId, line, changed, () => book.applyBatch(batch));
      }
    }
    return changed;
  }

  /** What the fast decoder does not take: odd, but perhaps valid. */
  #plain(frame: FrameItem, line: number, changed: BookItem<Book>[]): void {
    const { decoded } = frame;
    if (decoded.kind === 'message' && decoded.channel === 'l2_data') {
      for (const event of decoded.message.events) {
        const { book } = this.#kept(event.product_id, line);
        this.#apply(frame, event.product_id, line, changed, () => book.apply(event));
      }
      return;
    }
    // An update was lost that no number shows, and nobody can tell of which product.
    for (const [productId, shelf] of this.#shelves) {
      const book = shelf.lines[line]?.book;
      if (book !== undefined) this.#apply(frame, productId, line, changed, () => book.markStale('gap'));
    }
  }

  #apply(
    { connection }: FrameItem,
    productId: string,
    line: number,
    changed: BookItem<Book>[],
    apply: () => unknown,
  ): void {
    const kept = this.#kept(productId, line);
    const { book } = kept;
    const before = book.status;
    kept.connection = connection;
    apply();
    if (before === 'fresh' && book.status === 'stale') this.#onBroken(productId, connection);
    this.#changed(productId, line, changed);
  }

  /** Frames of a connection are missing, or it is gone: every book that it fed is wrong. */
  #lose(item: Extract<FeedItem, { kind: 'gap' | 'disconnected' }>, changed: BookItem<Book>[]): void {
    const reason = item.kind === 'gap' && item.why !== 'disconnect' ? 'gap' : 'disconnect';
    for (const [productId, { lines }] of this.#shelves) {
      for (const [line, kept] of lines.entries()) {
        if (kept?.connection !== item.connection || kept.book.status !== 'fresh') continue;
        kept.book.markStale(reason);
        this.#changed(productId, line, changed);
      }
    }
  }

  #judge(item: Extract<FeedItem, { kind: 'stale' | 'recovered' }>, changed: BookItem<Book>[]): void {
    const line = this.#lines.lineOf(item.connection);
    for (const productId of item.productIds) {
      const kept = this.#shelves.get(productId)?.lines[line];
      if (kept === undefined) continue;
      // Silence heals by itself: the book stays as it is and is called stale from outside.
      kept.silent = item.kind === 'stale' && item.reason === 'silence';
      if (item.kind === 'stale' && !kept.silent && kept.book.status === 'fresh') kept.book.markStale('gap');
      // The snapshot came and did not help: it was crossed itself, or could not be read.
      if (item.kind === 'recovered' && kept.book.status === 'stale')
        this.#onBroken(productId, item.connection);
      this.#changed(productId, line, changed);
    }
  }

  /** Lists a change of the leading book, or of who leads. */
  #changed(productId: string, line: number, changes: BookItem<Book>[]): void {
    const shelf = this.#shelves.get(productId);
    const leader = shelf?.lines[shelf.leader];
    if (shelf === undefined) return;
    const before = shelf.leader;
    if (leader === undefined || statusOf(leader) !== 'fresh') {
      const fresh = shelf.lines.findIndex((kept) => kept !== undefined && statusOf(kept) === 'fresh');
      if (fresh !== -1) shelf.leader = fresh;
      else if (leader === undefined) shelf.leader = line;
    }
    const kept = shelf.lines[shelf.leader];
    if (kept !== undefined && (line === shelf.leader || before !== shelf.leader))
      changes.push(itemOf(productId, kept));
  }

  #kept(productId: string, line: number): Kept<Book> {
    let shelf = this.#shelves.get(productId);
    if (shelf === undefined) this.#shelves.set(productId, (shelf = { lines: [], leader: line }));
    return (shelf.lines[line] ??= {
      book: this.#createBook(productId),
      silent: false,
      connection: -1,
    });
  }
}

function statusOf<Book extends BookLike>({ book, silent }: Kept<Book>): BookItem<Book>['status'] {
  return silent && book.status === 'fresh' ? 'stale' : book.status;
}

function itemOf<Book extends BookLike>(productId: string, kept: Kept<Book>): BookItem<Book> {
  return { kind: 'book', productId, book: kept.book, status: statusOf(kept) };
}

/** Nearly always one event; each product once, because a book takes the whole frame. */
function productsIn(events: Level2Batch['events']): readonly string[] {
  if (events.length === 1) return [events[0]?.productId ?? ''];
  return [...new Set(events.map(({ productId }) => productId))];
}

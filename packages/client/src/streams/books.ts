import { createLevel2Decoder, type Level2Batch, type Level2Event } from '@feedtape/protocol';
import { aFunction } from '../model/check-options.ts';
import { mapFeed } from './mapped.ts';
import type { Feed } from '../model/feed.ts';
import { type FeedItem, type FrameItem, isInOrder } from '../model/item.ts';
import { includesProduct } from '../subscriptions/subscription-set.ts';

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

/** The books of a feed: see {@link books} and {@link createBookKeeper}. */
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
 * one is shown, and updates of the one never reach the other. A product that is unsubscribed loses its book. When the
 * snapshots have gone by before it is opened, it asks for new ones.
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
  const isWanted = (productId: string): boolean =>
    feed.subscriptions.some(
      ({ channel, productIds }) => channel === 'level2' && includesProduct(new Set(productIds), productId),
    );
  const onBroken = (productId: string, connection: number): void => feed.refresh([productId], connection);
  const keeper = createBookKeeper(createBook, onBroken, isWanted);
  const changes = mapFeed(feed, (item) => keeper.take(item));
  return {
    [Symbol.asyncIterator]: () => changes[Symbol.asyncIterator](),
    get: (productId) => keeper.get(productId),
    get productIds() {
      return keeper.productIds;
    },
  };
}

/**
 * Creates books for a program that reads the feed itself, with `consume` or `batches`: pass every item to `take`.
 *
 * @param onBroken called when a book becomes stale by itself, because it is crossed or a frame cannot be read, and
 * when updates come before a snapshot: only `Feed.refresh` brings one then
 * @param isWanted whether a product, as named on the wire, gets a book. Without it all do: then the server decides how
 * many books exist
 *
 * @example
 * ```ts
 * const keeper = createBookKeeper(createBook, (id, connection) => feed.refresh([id], connection));
 * await feed.consume((item) => void keeper.take(item));
 * ```
 */
export function createBookKeeper<Book extends BookLike>(
  createBook: (productId: string) => Book,
  onBroken: (productId: string, connection: number) => void = () => {},
  isWanted: (productId: string) => boolean = () => true,
): BookKeeper<Book> {
  for (const [name, value] of Object.entries({ createBook, onBroken, isWanted })) aFunction(name, value);
  return new Keeper(createBook, onBroken, isWanted);
}

/** More names than can be on their way. */
const MAX_REMOVED = 1_024;

interface LineBook<Book extends BookLike> {
  readonly book: Book;
  silent: boolean;
  /** The connection that feeds it: the one its last snapshot came from. */
  connection: number;
  /** Whether a snapshot came, or was requested because updates came before any. */
  started: boolean;
}

interface ProductBooks<Book extends BookLike> {
  /** By line. */
  readonly lines: LineBook<Book>[];
  leader: number;
}

class Keeper<Book extends BookLike> implements BookKeeper<Book> {
  readonly #createBook: (productId: string) => Book;
  readonly #onBroken: (productId: string, connection: number) => void;
  readonly #products = new Map<string, ProductBooks<Book>>();
  readonly #isWanted: (productId: string) => boolean;
  /** Unsubscribed lately: updates that were on their way make no new book. */
  readonly #removed = new Set<string>();
  readonly #decode = createLevel2Decoder();

  constructor(
    createBook: (productId: string) => Book,
    onBroken: (productId: string, connection: number) => void,
    isWanted: (productId: string) => boolean,
  ) {
    this.#createBook = createBook;
    this.#onBroken = onBroken;
    this.#isWanted = isWanted;
  }

  get productIds(): readonly string[] {
    return [...this.#products.keys()];
  }

  get(productId: string): BookItem<Book> | undefined {
    const product = this.#products.get(productId);
    const lineBook = product?.lines[product.leader];
    return lineBook === undefined ? undefined : itemOf(productId, lineBook);
  }

  take(item: FeedItem): readonly BookItem<Book>[] {
    if (item.kind === 'frame') return item.channel === 'l2_data' ? this.#frame(item) : [];
    const changed: BookItem<Book>[] = [];
    if (item.kind === 'gap' || item.kind === 'disconnected') this.#markStale(item, changed);
    else if (item.kind === 'stale' || item.kind === 'recovered') this.#applyFreshness(item, changed);
    return changed;
  }

  #frame(frame: FrameItem): readonly BookItem<Book>[] {
    if (!isInOrder(frame)) return [];
    const changed: BookItem<Book>[] = [];
    const batch = this.#decode(frame.bytes);
    if (batch === undefined) this.#plain(frame, changed);
    else {
      for (const { productId, type } of productsIn(batch.events))
        this.#apply(frame, productId, type, changed, (book) => book.applyBatch(batch));
    }
    return changed;
  }

  /** What the fast decoder does not take: odd, but perhaps valid. */
  #plain(frame: FrameItem, changed: BookItem<Book>[]): void {
    const { decoded, connection, line } = frame;
    if (decoded.kind === 'message' && decoded.channel === 'l2_data') {
      for (const event of decoded.message.events)
        this.#apply(frame, event.product_id, event.type, changed, (book) => book.apply(event));
      return;
    }
    // Undecodable: the product is unknown, so every book that this connection feeds becomes stale.
    for (const [productId, { lines }] of this.#products)
      if (lines[line]?.connection === connection)
        this.#apply(frame, productId, undefined, changed, (book) => book.markStale('gap'));
  }

  #apply(
    { connection, line }: FrameItem,
    productId: string,
    type: string | undefined,
    changed: BookItem<Book>[],
    apply: (book: Book) => unknown,
  ): void {
    if (type === 'snapshot') this.#removed.delete(productId);
    const lineBook = this.#lineBook(productId, line, connection);
    if (lineBook === undefined) return;
    if (type === 'snapshot') lineBook.connection = connection;
    // A product on its way to another connection comes from both for a while.
    else if (lineBook.connection !== connection) return;
    const { book } = lineBook;
    const before = book.status;
    apply(book);
    // Also by its first snapshot, after which no `recovered` follows.
    const wasRight = before === 'fresh' || type === 'snapshot';
    if (wasRight && book.status === 'stale') this.#onBroken(productId, connection);
    if (!lineBook.started && type !== 'snapshot') this.#onBroken(productId, connection);
    lineBook.started = true;
    this.#changed(productId, line, changed);
  }

  /** Frames of a connection are missing, or it is gone: every book that it fed is wrong. */
  #markStale(item: Extract<FeedItem, { kind: 'gap' | 'disconnected' }>, changed: BookItem<Book>[]): void {
    const reason = item.kind === 'gap' && item.reason !== 'disconnect' ? 'gap' : 'disconnect';
    for (const [productId, { lines }] of this.#products) {
      for (const [line, lineBook] of lines.entries()) {
        if (lineBook?.connection !== item.connection || lineBook.book.status !== 'fresh') continue;
        lineBook.book.markStale(reason);
        this.#changed(productId, line, changed);
      }
    }
  }

  #applyFreshness(item: Extract<FeedItem, { kind: 'stale' | 'recovered' }>, changed: BookItem<Book>[]): void {
    const { line, connection } = item;
    for (const productId of item.productIds) {
      const lineBook = this.#products.get(productId)?.lines[line];
      if (lineBook?.connection !== connection) continue;
      // Silence heals by itself: the book stays as it is and is called stale from outside.
      lineBook.silent = item.kind === 'stale' && item.reason === 'silence';
      if (item.kind === 'stale' && !lineBook.silent && lineBook.book.status === 'fresh')
        lineBook.book.markStale('gap');
      // The snapshot came and did not help: it was crossed itself, or could not be read.
      if (item.kind === 'recovered' && lineBook.book.status === 'stale')
        this.#onBroken(productId, connection);
      this.#changed(productId, line, changed);
      if (item.kind === 'stale' && item.reason === 'unsubscribed') this.#remove(productId, line);
    }
  }

  #remove(productId: string, line: number): void {
    const product = this.#products.get(productId);
    delete product?.lines[line];
    if (product?.lines.some((lineBook) => lineBook !== undefined) === true) return;
    this.#products.delete(productId);
    this.#removed.add(productId);
    for (const oldest of this.#removed) if (this.#removed.size > MAX_REMOVED) this.#removed.delete(oldest);
  }

  /** Adds a change of the leading book, or of the leader. */
  #changed(productId: string, line: number, changes: BookItem<Book>[]): void {
    const product = this.#products.get(productId);
    const leader = product?.lines[product.leader];
    if (product === undefined) return;
    const before = product.leader;
    if (leader === undefined || statusOf(leader) !== 'fresh') {
      const fresh = product.lines.findIndex(
        (lineBook) => lineBook !== undefined && statusOf(lineBook) === 'fresh',
      );
      if (fresh !== -1) product.leader = fresh;
      else if (leader === undefined) product.leader = line;
    }
    const lineBook = product.lines[product.leader];
    if (lineBook !== undefined && (line === product.leader || before !== product.leader))
      changes.push(itemOf(productId, lineBook));
  }

  /** Returns the book of a product on a line, creating it if it is desired. */
  #lineBook(productId: string, line: number, connection: number): LineBook<Book> | undefined {
    let product = this.#products.get(productId);
    const known = product?.lines[line];
    if (known !== undefined) return known;
    if (this.#removed.has(productId) || !this.#isWanted(productId)) return undefined;
    const lineBook = { book: this.#createBook(productId), silent: false, connection, started: false };
    if (product === undefined) this.#products.set(productId, (product = { lines: [], leader: line }));
    product.lines[line] = lineBook;
    return lineBook;
  }
}

function statusOf<Book extends BookLike>({ book, silent }: LineBook<Book>): BookItem<Book>['status'] {
  return silent && book.status === 'fresh' ? 'stale' : book.status;
}

function itemOf<Book extends BookLike>(productId: string, lineBook: LineBook<Book>): BookItem<Book> {
  return { kind: 'book', productId, book: lineBook.book, status: statusOf(lineBook) };
}

/** Lists each product once, because a book takes the whole frame; nearly always one. */
function productsIn(
  events: Level2Batch['events'],
): readonly { readonly productId: string; readonly type: string }[] {
  if (events.length === 1) return events;
  const types = new Map<string, string>();
  for (const { productId, type } of events)
    if (type === 'snapshot' || !types.has(productId)) types.set(productId, type);
  return [...types].map(([productId, type]) => ({ productId, type }));
}

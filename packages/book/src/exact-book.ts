import type { Decimal, Level2Batch, Level2Event } from '@feedtape/protocol';
import { BookError } from './book-error.ts';
import type { Applied, Book, BookSide } from './book.ts';
import { ExactLevels, type ScaledSide } from './exact-levels.ts';
import { EventReader, type LevelColumns, decimalsFit } from './level-columns.ts';
import { type SnapshotTime, newestTime } from './event-time.ts';
import { bestOf, firstLevels, levelsOf, midOf, spreadOf, touch, volumeTo } from './side-reading.ts';
import type { BookSnapshot, Level, StaleReason, TopOfBook } from './top-of-book.ts';

/**
 * Creates an empty book for one product.
 *
 * @example
 * ```ts
 * const book = createBook('BTC-USD');
 * book.apply(message.events);
 * if (book.top.status === 'fresh') console.log(book.top.bid?.price, book.top.ask?.price);
 * ```
 */
export function createBook(productId: string): Book {
  return new ExactBook(productId);
}

type Status = { readonly status: 'fresh' } | Exclude<TopOfBook, { readonly status: 'fresh' }>;

const EMPTY = Object.freeze({ status: 'empty' });
const FRESH = Object.freeze({ status: 'fresh' });

/** Shared by all books: reading and applying an event is synchronous. */
const reader = new EventReader();

class ExactBook implements Book {
  readonly productId: string;
  #status: Status = EMPTY;
  readonly #levels = new ExactLevels();
  /** The newest event time of the last snapshot, if it had one. */
  #snapshotAt: SnapshotTime | undefined;
  readonly #listeners = new Set<(top: TopOfBook) => void>();
  #announced: TopOfBook = EMPTY;
  /** Counts changes, so that an iterator can detect one. */
  #version = 0;

  constructor(productId: string) {
    this.productId = productId;
  }

  get status(): Status['status'] {
    return this.#status.status;
  }

  get staleReason(): StaleReason | undefined {
    return this.#status.status === 'stale' ? this.#status.reason : undefined;
  }

  get levelCount(): number {
    return this.#levels.bids.ladder.levels + this.#levels.offers.ladder.levels;
  }

  apply(frame: Level2Event | readonly Level2Event[]): Applied {
    const before = this.#status;
    let applied: Applied = 'other-product';
    for (const event of 'updates' in frame ? [frame] : frame)
      if (event.product_id === this.productId) applied = both(applied, this.#applyEvent(event));
    return this.#finish(before, applied);
  }

  applyBatch(batch: Level2Batch): Applied {
    const before = this.#status;
    let applied: Applied = 'other-product';
    for (const { type, productId, from, to } of batch.events) {
      if (productId !== this.productId) continue;
      const readable = decimalsFit(batch, from, to);
      const outcome = readable ? this.#applyLevels(type, batch, from, to) : this.#becomeStale('unreadable');
      applied = both(applied, outcome);
    }
    return this.#finish(before, applied);
  }

  markStale(reason: 'gap' | 'disconnect' | 'silence'): void {
    if (this.#status.status !== 'fresh') return;
    this.#becomeStale(reason);
    this.#announce();
  }

  get top(): TopOfBook {
    if (this.#status.status !== 'fresh') return this.#status;
    return { status: 'fresh', bid: bestOf(this.#levels.bids), ask: bestOf(this.#levels.offers) };
  }

  get bestBid(): Level | undefined {
    return this.#isFresh ? bestOf(this.#levels.bids) : undefined;
  }

  get bestAsk(): Level | undefined {
    return this.#isFresh ? bestOf(this.#levels.offers) : undefined;
  }

  get mid(): Decimal | undefined {
    return this.#isFresh ? midOf(this.#levels.bids, this.#levels.offers) : undefined;
  }

  get spread(): Decimal | undefined {
    return this.#isFresh ? spreadOf(this.#levels.bids, this.#levels.offers) : undefined;
  }

  depth(side: BookSide, levels: number): readonly Level[] | undefined {
    return this.#isFresh ? firstLevels(this.#side(side), levels) : undefined;
  }

  volumeTo(side: BookSide, price: string): Decimal | undefined {
    const volume = volumeTo(this.#side(side), price);
    if (volume === undefined) throw new BookError('BOOK_PRICE_INVALID', { price });
    return this.#isFresh ? volume : undefined;
  }

  levels(side: BookSide): IterableIterator<Level> | undefined {
    return this.#isFresh ? this.#watched(levelsOf(this.#side(side))) : undefined;
  }

  snapshot(levels: number = Number.POSITIVE_INFINITY): BookSnapshot | undefined {
    return this.#isFresh ? this.lastKnown(levels) : undefined;
  }

  lastKnown(levels: number = Number.POSITIVE_INFINITY): BookSnapshot | undefined {
    if (this.#status.status === 'empty') return undefined;
    const copy = (side: ScaledSide): readonly Level[] =>
      Object.freeze(firstLevels(side, levels).map((level) => Object.freeze(level)));
    return Object.freeze({
      productId: this.productId,
      ...this.#status,
      bids: copy(this.#levels.bids),
      asks: copy(this.#levels.offers),
    });
  }

  onTopChange(listener: (top: TopOfBook) => void): () => void {
    const own = (top: TopOfBook): void => listener(top);
    // The first listener starts from the current top, whatever changed before.
    if (this.#listeners.size === 0) this.#announced = this.top;
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  get #isFresh(): boolean {
    return this.#status.status === 'fresh';
  }

  #side(side: BookSide): ScaledSide {
    return side === 'bid' ? this.#levels.bids : this.#levels.offers;
  }

  *#watched(levels: Iterable<Level>): Generator<Level, void, void> {
    const version = this.#version;
    for (const level of levels) {
      yield level;
      if (this.#version !== version) throw new BookError('BOOK_CHANGED', { productId: this.productId });
    }
  }

  #applyEvent(event: Level2Event): Applied {
    const snapshot = event.type === 'snapshot';
    if (!snapshot && this.#status.status === 'stale') return 'ignored';
    const read = reader.read(event, snapshot ? undefined : this.#snapshotAt);
    if (read === undefined) return this.#becomeStale('unreadable');
    if (read.levels === 0 && event.updates.length > 0) return 'outdated';
    const applied = this.#applyLevels(event.type, read.columns, 0, read.levels);
    if (snapshot) this.#snapshotAt = newestTime(event);
    return applied;
  }

  #applyLevels(type: string, columns: LevelColumns, from: number, to: number): Applied {
    if (type === 'snapshot') {
      this.#levels.load(columns, from, to);
      this.#snapshotAt = undefined;
      this.#status = FRESH;
    } else if (this.#status.status === 'stale') {
      return 'ignored';
    } else if (type !== 'update') {
      return this.#becomeStale('unreadable');
    } else if (this.#status.status === 'empty') {
      return this.#becomeStale('update-before-snapshot');
    } else {
      for (let index = from; index < to; index += 1) this.#levels.set(columns, index);
    }
    this.#version += 1;
    return 'applied';
  }

  /** Checks that apply to a whole frame: crossed and locked books. */
  #finish(before: Status, applied: Applied): Applied {
    if (applied === 'applied' && this.#isFresh) {
      const state = touch(this.#levels.bids, this.#levels.offers);
      if (state !== 'apart') this.#becomeStale(state);
    }
    if (this.#status !== before || applied === 'applied') this.#announce();
    return this.#status !== before && !this.#isFresh ? 'became-stale' : applied;
  }

  #becomeStale(reason: StaleReason): Applied {
    this.#status = Object.freeze({ status: 'stale', reason });
    this.#version += 1;
    return 'became-stale';
  }

  #announce(): void {
    if (this.#listeners.size === 0) return;
    const { top } = this;
    if (isSameTop(top, this.#announced)) return;
    this.#announced = top;
    const errors: unknown[] = [];
    for (const listener of this.#listeners) {
      try {
        listener(top);
      } catch (error) {
        // One failing listener must not keep the others from learning that a book is stale.
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
  }
}

/** The outcome of two events of one frame: applied takes precedence over skipped. */
const both = (first: Applied, second: Applied): Applied => (first === 'applied' ? first : second);

function isSameTop(a: TopOfBook, b: TopOfBook): boolean {
  if (a.status !== 'fresh' || b.status !== 'fresh') return a === b;
  return isSameLevel(a.bid, b.bid) && isSameLevel(a.ask, b.ask);
}

const isSameLevel = (a: Level | undefined, b: Level | undefined): boolean =>
  a?.price === b?.price && a?.size === b?.size;

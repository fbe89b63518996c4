import { isClientError } from '../model/client-error.ts';
import type { Feed } from '../model/feed.ts';
import type { FeedItem } from '../model/item.ts';

/**
 * Maps each item of a feed to any number of values. Takes an item only when the values of the one before are consumed,
 * so that a reader sees every state. Leaving the stream closes the feed, and so does an error in `values`. Not a
 * generator: its `return()` would wait behind a pending `next()`.
 */
export function mapFeed<Value>(
  feed: Feed,
  values: (item: FeedItem) => Iterable<Value>,
): AsyncIterable<Value> {
  return { [Symbol.asyncIterator]: () => new MappedFeed(feed, values) };
}

class MappedFeed<Value> implements AsyncIterator<Value> {
  readonly #batches: AsyncIterator<readonly FeedItem[]>;
  readonly #values: (item: FeedItem) => Iterable<Value>;
  #items: IterableIterator<FeedItem> = [].values();
  #ready: IterableIterator<Value> = [].values();
  #left = false;

  constructor(feed: Feed, values: (item: FeedItem) => Iterable<Value>) {
    this.#batches = feed.batches()[Symbol.asyncIterator]();
    this.#values = values;
  }

  async next(): Promise<IteratorResult<Value>> {
    try {
      for (;;) {
        if (this.#left) return { done: true, value: undefined };
        const ready = this.#ready.next();
        if (ready.done !== true) return ready;
        const item = this.#items.next();
        if (item.done !== true) {
          this.#ready = [...this.#values(item.value)].values();
          continue;
        }
        const batch = await this.#batches.next();
        if (batch.done === true) return { done: true, value: undefined };
        this.#items = batch.value.values();
      }
    } catch (error) {
      // Another reader is no reason to end the feed for it.
      if (!(isClientError(error) && error.code === 'CLIENT_BUSY')) await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Value>> {
    this.#left = true;
    await this.#batches.return?.();
    return { done: true, value: undefined };
  }
}

import type { Feed } from './feed.ts';
import type { FeedItem } from './feed-item.ts';

/**
 * A stream made from a feed's: each item gives any number of values. Leaving the stream closes the feed. It is not a
 * generator, because a generator's `return()` waits behind a `next()` that waits for the exchange.
 */
export function derive<Value>(feed: Feed, values: (item: FeedItem) => Iterable<Value>): AsyncIterable<Value> {
  return {
    [Symbol.asyncIterator]() {
      const batches = feed.batches()[Symbol.asyncIterator]();
      let ready: Value[] = [];
      let head = 0;
      return {
        async next() {
          while (head === ready.length) {
            const batch = await batches.next();
            if (batch.done === true) return { done: true, value: undefined };
            ready = batch.value.flatMap((item) => [...values(item)]);
            head = 0;
          }
          const value = ready[head] as Value;
          head += 1;
          return { done: false, value };
        },
        async return() {
          await batches.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

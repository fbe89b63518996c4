import type { Subscription } from '@feedtape/protocol';
import { aFunction, aString, listOf, ROOT } from './model/check-options.ts';
import { aSubscription, feedOptions } from './options/feed-checks.ts';
import { ClientError } from './model/client-error.ts';
import { FeedEngine } from './engine/feed-engine.ts';
import type { FeedItem } from './model/item.ts';
import {
  checkSubscriptions,
  type FeedOptions,
  settingsOf,
  type TokenSource,
} from './options/feed-options.ts';
import type { Feed } from './model/feed.ts';
import type { FeedStatistics } from './model/statistics.ts';
import { measure } from './feed-statistics.ts';
import { removeSubscriptions, addSubscriptions } from './subscriptions/subscription-set.ts';

/**
 * Opens a feed over as many connections as the exchange's limits need. Connects at once, reconnects unless that cannot
 * help, and reports every gap.
 *
 * @throws ClientError `CLIENT_OPTION_INVALID`, `CLIENT_INSECURE`, `CLIENT_TOKEN_REQUIRED`
 * @throws ProtocolError for a subscription that no request can carry
 *
 * @example
 * ```ts
 * const feed = openFeed({ subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }] });
 * for await (const item of feed) {
 *   if (item.kind === 'gap') console.warn('lost', item.count ?? 'an unknown number of', 'frames');
 * }
 * ```
 */
export function openFeed(options: FeedOptions): Feed {
  feedOptions(ROOT, options);
  const settings = settingsOf(options);
  checkSubscriptions(options.subscriptions, settings.token);
  const feed = new EngineFeed(new FeedEngine(settings), settings.token, options.signal);
  if (options.signal?.aborted !== true) feed.subscribe(...options.subscriptions);
  return feed;
}

const subscriptionList = listOf(aSubscription);
const productList = listOf(aString);

class EngineFeed implements Feed {
  readonly #engine: FeedEngine;
  readonly #token: TokenSource | undefined;

  constructor(engine: FeedEngine, token: TokenSource | undefined, signal: AbortSignal | undefined) {
    this.#engine = engine;
    this.#token = token;
    const abort = (): void => engine.close();
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    void engine.ended.then(() => signal?.removeEventListener('abort', abort));
  }

  subscribe(...subscriptions: readonly Subscription[]): void {
    subscriptionList('subscriptions', subscriptions);
    checkSubscriptions(subscriptions, this.#token);
    if (this.#engine.closed) throw new ClientError('CLIENT_CLOSED', { what: 'subscribe()' });
    this.#engine.changeDesired((desired) => addSubscriptions(desired, subscriptions));
  }

  unsubscribe(...subscriptions: readonly Subscription[]): void {
    subscriptionList('subscriptions', subscriptions);
    this.#engine.changeDesired((desired) => removeSubscriptions(desired, subscriptions));
  }

  refresh(productIds: readonly string[], connection?: number): void {
    productList('productIds', productIds);
    this.#engine.refresh(productIds, connection);
  }

  [Symbol.asyncIterator](): AsyncIterator<FeedItem> {
    return this.#iterator('the iterator', () => this.#engine.queue.take());
  }

  batches(): AsyncIterable<readonly FeedItem[]> {
    const { queue } = this.#engine;
    const take = (): readonly FeedItem[] | undefined =>
      queue.queuedItems === 0 ? undefined : queue.takeAll();
    return { [Symbol.asyncIterator]: () => this.#iterator('batches()', take) };
  }

  async consume(sink: (item: FeedItem) => void | Promise<void>): Promise<void> {
    aFunction('sink', sink);
    try {
      await this.#engine.queue.consume(sink);
    } catch (error) {
      if (!(error instanceof ClientError && error.code === 'CLIENT_BUSY')) await this.#leave();
      throw error;
    }
  }

  get subscriptions(): readonly Subscription[] {
    return [...this.#engine.desired].map(([channel, productIds]) => ({
      channel,
      productIds: [...productIds],
    }));
  }

  get statistics(): FeedStatistics {
    return measure(this.#engine);
  }

  async close(): Promise<void> {
    this.#engine.close();
    await this.#engine.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Closes the feed for a consumer that left, and discards its queue. */
  async #leave(): Promise<void> {
    this.#engine.queue.discard();
    await this.close();
    this.#engine.queue.discard();
  }

  // Not a generator: its return() would wait behind a next() that waits for an item.
  #iterator<Value>(name: string, take: () => Value | undefined): AsyncIterator<Value> {
    const { queue } = this.#engine;
    let left = false;
    return {
      next: async () => {
        for (;;) {
          if (left) return { done: true, value: undefined };
          const value = take();
          if (value !== undefined) return { done: false, value };
          if (queue.finished()) return { done: true, value: undefined };
          await queue.nextArrival(name);
        }
      },
      return: async () => {
        left = true;
        await this.#leave();
        return { done: true, value: undefined };
      },
    };
  }
}

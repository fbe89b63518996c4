import type { Subscription } from '@feedtape/protocol';
import { ClientError } from './model/client-error.ts';
import { Engine } from './engine/feed-engine.ts';
import type { FeedItem } from './model/item.ts';
import { checkSubscriptions, type FeedOptions, settingsOf, type TokenSource } from './options.ts';
import { type FeedStatistics, measure } from './statistics.ts';
import { wantLess, wantMore } from './subscriptions/desired-subscriptions.ts';

/**
 * A running feed: an async iterable of everything that happens. It has one reader at a time; leaving the loop closes
 * it. The end is always told: the loop ends after {@link Feed.close} or an abort, and throws a `ClientError` when
 * the feed cannot go on.
 */
export interface Feed extends AsyncIterable<FeedItem>, AsyncDisposable {
  /** Wants more. @throws ProtocolError · ClientError `CLIENT_TOKEN_REQUIRED`, `CLIENT_CLOSED` */
  subscribe(...subscriptions: readonly Subscription[]): void;
  /** Wants less; a channel named without products goes as a whole. */
  unsubscribe(...subscriptions: readonly Subscription[]): void;
  /**
   * Asks for new snapshots of level2 products, for who found a book to be wrong though nothing was missing. Without
   * a connection on both lines of a redundant feed.
   */
  refresh(productIds: readonly string[], connection?: number): void;
  /** The same items, as many at a time as have arrived: a promise per wake-up instead of one per frame. */
  batches(): AsyncIterable<readonly FeedItem[]>;
  /**
   * Calls a function with every item as it arrives, without a promise in between. A promise it returns holds the
   * sockets back until it is settled; what it throws closes the feed and comes out of here. Resolves at the end.
   *
   * @throws ClientError `CLIENT_BUSY` when somebody else is reading, and whatever the feed ended with
   */
  consume(sink: (item: FeedItem) => void | Promise<void>): Promise<void>;
  /** What is wanted now. */
  readonly subscriptions: readonly Subscription[];
  /** Counted until now: a new object every time. */
  readonly statistics: FeedStatistics;
  /** Lets the connections go; what is queued can still be read. Resolves when the sockets are gone, never rejects. */
  close(): Promise<void>;
}

/**
 * Opens a feed over as many connections as the exchange's limits need. It begins at once, reconnects for as long as
 * that makes sense, and reports every gap.
 *
 * @throws ClientError `CLIENT_OPTION_INVALID`, `CLIENT_INSECURE`, `CLIENT_TOKEN_REQUIRED`
 * @throws ProtocolError for a subscription that can never be asked for
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
  const settings = settingsOf(options);
  checkSubscriptions(options.subscriptions, settings.token);
  const feed = new EngineFeed(new Engine(settings), settings.token, options.signal);
  if (options.signal?.aborted !== true) feed.subscribe(...options.subscriptions);
  return feed;
}

class EngineFeed implements Feed {
  readonly #engine: Engine;
  readonly #token: TokenSource | undefined;

  constructor(engine: Engine, token: TokenSource | undefined, signal: AbortSignal | undefined) {
    this.#engine = engine;
    this.#token = token;
    const abort = (): void => engine.finish();
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    void engine.ended.then(() => signal?.removeEventListener('abort', abort));
  }

  subscribe(...subscriptions: readonly Subscription[]): void {
    checkSubscriptions(subscriptions, this.#token);
    if (this.#engine.closed) throw new ClientError('CLIENT_CLOSED', { what: 'subscribe()' });
    this.#engine.want((wanted) => wantMore(wanted, subscriptions));
  }

  unsubscribe(...subscriptions: readonly Subscription[]): void {
    this.#engine.want((wanted) => wantLess(wanted, subscriptions));
  }

  refresh(productIds: readonly string[], connection?: number): void {
    this.#engine.refresh(productIds, connection);
  }

  [Symbol.asyncIterator](): AsyncIterator<FeedItem> {
    return this.#iterator('the iterator', () => this.#engine.outlet.take());
  }

  batches(): AsyncIterable<readonly FeedItem[]> {
    const { outlet } = this.#engine;
    const take = (): readonly FeedItem[] | undefined =>
      outlet.queuedItems === 0 ? undefined : outlet.takeAll();
    return { [Symbol.asyncIterator]: () => this.#iterator('batches()', take) };
  }

  async consume(sink: (item: FeedItem) => void | Promise<void>): Promise<void> {
    try {
      await this.#engine.outlet.pour(sink);
    } catch (error) {
      if (!(error instanceof ClientError && error.code === 'CLIENT_BUSY')) await this.#leave();
      throw error;
    }
  }

  get subscriptions(): readonly Subscription[] {
    return [...this.#engine.wanted].map(([channel, productIds]) => ({
      channel,
      productIds: [...productIds],
    }));
  }

  get statistics(): FeedStatistics {
    return measure(this.#engine);
  }

  async close(): Promise<void> {
    this.#engine.finish();
    await this.#engine.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The consumer has gone: nobody will read what is queued. */
  async #leave(): Promise<void> {
    this.#engine.outlet.discard();
    await this.close();
    this.#engine.outlet.discard();
  }

  // Not a generator: its return() would wait behind a next() that waits for an item.
  #iterator<Value>(name: string, take: () => Value | undefined): AsyncIterator<Value> {
    const { outlet } = this.#engine;
    let left = false;
    return {
      next: async () => {
        for (;;) {
          if (left) return { done: true, value: undefined };
          const value = take();
          if (value !== undefined) return { done: false, value };
          if (outlet.finished()) return { done: true, value: undefined };
          await outlet.arrival(name);
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

import type { Subscription } from '@feedtape/protocol';
import type { FeedItem } from './item.ts';
import type { FeedStatistics } from './statistics.ts';

/**
 * A running feed: an async iterable of everything that happens. It has one reader at a time; leaving the loop closes
 * it. The loop ends after {@link Feed.close} or an abort, and throws a `ClientError` when the feed cannot go on.
 */
export interface Feed extends AsyncIterable<FeedItem>, AsyncDisposable {
  /** Adds subscriptions. @throws ProtocolError · ClientError `CLIENT_TOKEN_REQUIRED`, `CLIENT_CLOSED` */
  subscribe(...subscriptions: readonly Subscription[]): void;
  /** Removes subscriptions; a channel named without products is removed with all of its products. */
  unsubscribe(...subscriptions: readonly Subscription[]): void;
  /**
   * Requests new snapshots of level2 products, for a program that found a book to be wrong although nothing was
   * missing. Without `connection` on both lines of a redundant feed.
   */
  refresh(productIds: readonly string[], connection?: number): void;
  /** The same items, as many at a time as have arrived: a promise per wake-up instead of one per frame. */
  batches(): AsyncIterable<readonly FeedItem[]>;
  /**
   * Calls a function with every item as it arrives, without a promise in between. A promise it returns pauses the
   * sockets until it is settled; an error it throws closes the feed and rejects this call. Resolves at the end.
   *
   * @throws ClientError `CLIENT_BUSY` when the feed has another reader, and whatever the feed ended with
   */
  consume(sink: (item: FeedItem) => void | Promise<void>): Promise<void>;
  /** The desired subscriptions. */
  readonly subscriptions: readonly Subscription[];
  /** Counted until now: a new object every time. */
  readonly statistics: FeedStatistics;
  /** Closes all connections; queued items can still be read. Resolves when the sockets are closed, never rejects. */
  close(): Promise<void>;
}

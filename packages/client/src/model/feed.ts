import type { Subscription } from '@feedtape/protocol';
import type { FeedItem } from './item.ts';
import type { FeedStatistics } from './statistics.ts';

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

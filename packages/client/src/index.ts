export { openFeed } from './feed.ts';
export type { Feed } from './model/feed.ts';
export type { FeedOptions, QueueLimits, TokenRequest, TokenSource } from './options/feed-options.ts';
export type {
  ConnectedItem,
  DisconnectedItem,
  FeedItem,
  FrameItem,
  GapItem,
  RecoveredItem,
  RejectedItem,
  SentItem,
  StaleItem,
  SubscribedItem,
} from './model/item.ts';
export type { Recovery } from './shard/shard-host.ts';
export type { ConnectionStatistics, FeedStatistics } from './model/statistics.ts';

export { type Clock, type Instant, systemClock } from './model/clock.ts';
export type { Log, LogEntry } from './model/log.ts';
export { type ConnectionPlan, planConnections } from './subscriptions/connection-plan.ts';
export { createPacing, type Pacer, type Pacing } from './transport/exchange-rate-limits.ts';
export { defaultPatience, type Patience } from './model/timeouts.ts';
export type {
  Transport,
  TransportFailure,
  TransportListener,
  TransportSocket,
} from './transport/transport.ts';
export { createWsTransport, type WsTransportOptions } from './transport/ws-transport.ts';

export { MARKET_URL, USER_URL } from './transport/urls.ts';
export {
  type ConnectionEnd as Ending,
  retryRules as endings,
  type RetryRule as EndingRow,
  type RetryAction as Remedy,
  retryDelayMs,
  retryRuleFor as rowOf,
} from './shard/retry-policy.ts';
export {
  type AnyClientError,
  ClientError,
  type ClientErrorCode,
  type ClientErrorDetails,
  isClientError,
} from './model/client-error.ts';

export {
  type BookItem,
  type BookKeeper,
  type BookLike,
  type Books,
  books,
  keepBooks,
} from './streams/books.ts';
export { type ChannelItem, type MessageOf, messages } from './streams/messages.ts';
export type { BackfillOptions, MissingTrades } from './streams/backfills.ts';
export { type TradeItem, type TradesOptions, trades } from './streams/trades.ts';
export { once, until } from './streams/next-item.ts';

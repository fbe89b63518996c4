export { openFeed } from './open-feed.ts';
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
export { createRateLimits, type RateLimiter, type RateLimits } from './transport/exchange-rate-limits.ts';
export { type Backoff, defaultBackoff, defaultTimeouts, type Timeouts } from './model/timeouts.ts';
export type {
  Transport,
  TransportFailure,
  TransportListener,
  TransportSocket,
} from './transport/transport.ts';
export { createWsTransport, type WsTransportOptions } from './transport/ws-transport.ts';

export { MARKET_URL, USER_URL } from './transport/urls.ts';
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
  createBookKeeper,
} from './streams/books.ts';
export { type ChannelItem, type MessageOf, messages } from './streams/messages.ts';
export type { BackfillOptions, MissingTrades } from './streams/backfills.ts';
export { type TradeItem, type TradesOptions, trades } from './streams/trades.ts';
export { nextItem } from './streams/next-item.ts';

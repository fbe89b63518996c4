export { type Feed, openFeed } from './feed.ts';
export type { FeedOptions, TokenRequest, TokenSource } from './feed-options.ts';
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
} from './feed-item.ts';
export type { Recovery } from './feed-port.ts';
export type { QueueLimits } from './outlet.ts';
export type { ConnectionStatistics, FeedStatistics } from './statistics.ts';

export { type Clock, type Instant, systemClock } from './clock.ts';
export type { Log, LogEntry } from './log.ts';
export type { Pacer } from './pacer.ts';
export { createPacing, type Pacing } from './pacing.ts';
export { defaultPatience, type Patience } from './patience.ts';
export type { Transport, TransportFailure, TransportListener, TransportSocket } from './transport.ts';
export { createWsTransport, type WsTransportOptions } from './ws-transport.ts';

export { MARKET_URL, USER_URL } from './endpoints.ts';
export { type Ending, endings, type EndingRow, type Remedy, retryDelayMs, rowOf } from './ending.ts';
export {
  type AnyClientError,
  ClientError,
  type ClientErrorCode,
  type ClientErrorDetails,
  isClientError,
} from './client-error.ts';

export { type BookItem, type BookKeeper, type BookLike, type Books, books, keepBooks } from './books.ts';
export { type ChannelItem, type MessageOf, messages } from './messages.ts';
export { type MissingTrades, type TradeItem, type TradesOptions, trades } from './trades.ts';
export { once, until } from './until.ts';

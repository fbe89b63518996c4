export {
  CHANNELS,
  isPrivateChannel,
  isRequestChannel,
  productsOf,
  requestChannelOf,
  responseChannelOf,
  type RequestChannel,
  type ResponseChannel,
} from './values/channel.ts';
export { LIMITS, type Limits } from './values/limits.ts';
export { isProductId, PRODUCT_ID } from './values/product-id.ts';
export {
  checkSubscription,
  requestSchema,
  subscribeRequest,
  unsubscribeRequest,
  type Request,
  type RequestInput,
  type Subscription,
} from './request.ts';

export { decode, type DecodeOptions } from './decode.ts';
export type {
  Decoded,
  DecodedError,
  DecodedInvalid,
  DecodedMalformed,
  DecodedMessage,
  DecodedUnknown,
  Issue,
  Oddity,
} from './model/decoded.ts';
export { createLevel2Decoder, type Level2Batch, type Level2BatchEvent } from './fast-path/level2-batch.ts';
export { isAbout } from './model/header.ts';
export { peek, peekDecoded, type Peeked } from './peek.ts';
export { createDriftReport, type Drift, type DriftReport, type DriftSummary } from './drift-report.ts';

export { MESSAGE_SCHEMAS, type Message } from './model/message.ts';
export type { Candle, CandlesEvent, CandlesMessage } from './messages/candles.ts';
export type { Envelope } from './messages/envelope.ts';
export { errorSchema, type ErrorMessage } from './messages/error.ts';
export type { Open } from './messages/field-schemas.ts';
export type {
  FuturesBalanceSummary,
  FuturesBalanceSummaryEvent,
  FuturesBalanceSummaryMessage,
  MarginWindowMeasure,
} from './messages/futures-balance-summary.ts';
export type { HeartbeatsEvent, HeartbeatsMessage } from './messages/heartbeats.ts';
export type { Level2Event, Level2Message, Level2Update } from './messages/level2.ts';
export {
  aggressorOf,
  type MarketTradesEvent,
  type MarketTradesMessage,
  type Trade,
} from './messages/market-trades.ts';
export type { Order } from './messages/order.ts';
export type {
  ExpiringFuturesPosition,
  PerpetualFuturesPosition,
  Positions,
  PredictionMarketPosition,
} from './messages/positions.ts';
export type { ProductStatus, StatusEvent, StatusMessage } from './messages/status.ts';
export type { SubscriptionsEvent, SubscriptionsMessage } from './messages/subscriptions.ts';
export type { Ticker, TickerBatchMessage, TickerEvent, TickerMessage } from './messages/ticker.ts';
export type { UserEvent, UserMessage } from './messages/user.ts';

export {
  compareDecimals,
  DECIMAL,
  formatDecimal,
  parseDecimal,
  scaleDecimal,
  toDecimal,
  type Decimal,
  type ScaledDecimal,
} from './values/decimal.ts';
export { formatTimestamp, hasTime, parseGoTime, parseTimestamp, type GoTime } from './values/timestamp.ts';

export {
  isProtocolError,
  ProtocolError,
  type AnyProtocolError,
  type ProtocolErrorCode,
} from './values/protocol-error.ts';

export type { ExchangeKey, TrustedKey } from './api-key.ts';
export { trustKey } from './api-key.ts';
export type { Clock } from './clock.ts';
export { type Exchange, startExchange, type StartOptions } from './edge/start-exchange.ts';
export type {
  ConnectionEnd,
  ConnectionLedger,
  DroppedFrame,
  Ledger,
  LedgerLimits,
  ReceivedMessage,
  RefusedHandshake,
  SentFrame,
} from './ledger.ts';
export type { AuthOptions, ExchangeLimits, ExchangeOptions } from './options.ts';
export type { Endpoint, RequestChannel } from './session/channels.ts';
export type { Timings } from './session/session.ts';

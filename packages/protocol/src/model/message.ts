import type * as z from 'zod';
import { candlesSchema, type CandlesMessage } from '../messages/candles.ts';
import {
  futuresBalanceSummarySchema,
  type FuturesBalanceSummaryMessage,
} from '../messages/futures-balance-summary.ts';
import { heartbeatsSchema, type HeartbeatsMessage } from '../messages/heartbeats.ts';
import { level2Schema, type Level2Message } from '../messages/level2.ts';
import { marketTradesSchema, type MarketTradesMessage } from '../messages/market-trades.ts';
import { statusSchema, type StatusMessage } from '../messages/status.ts';
import { subscriptionsSchema, type SubscriptionsMessage } from '../messages/subscriptions.ts';
import {
  tickerBatchSchema,
  tickerSchema,
  type TickerBatchMessage,
  type TickerMessage,
} from '../messages/ticker.ts';
import { userSchema, type UserMessage } from '../messages/user.ts';

/** Every frame that has a channel, as a union: `switch (message.channel)` narrows the events. */
export type Message =
  | HeartbeatsMessage
  | CandlesMessage
  | StatusMessage
  | TickerMessage
  | TickerBatchMessage
  | Level2Message
  | MarketTradesMessage
  | UserMessage
  | FuturesBalanceSummaryMessage
  | SubscriptionsMessage;

/** The schema of each channel's frames, by response name. Unknown keys pass; enumerations are open. */
export const MESSAGE_SCHEMAS: {
  readonly [Channel in Message['channel']]: z.ZodType<Extract<Message, { readonly channel: Channel }>>;
} = {
  heartbeats: heartbeatsSchema,
  candles: candlesSchema,
  status: statusSchema,
  ticker: tickerSchema,
  ticker_batch: tickerBatchSchema,
  l2_data: level2Schema,
  market_trades: marketTradesSchema,
  user: userSchema,
  futures_balance_summary: futuresBalanceSummarySchema,
  subscriptions: subscriptionsSchema,
};

/** Whether frames of this channel have a schema here. */
export function isMessageChannel(channel: string): channel is Message['channel'] {
  return Object.hasOwn(MESSAGE_SCHEMAS, channel);
}

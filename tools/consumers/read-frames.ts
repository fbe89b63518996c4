// What somebody writes who depends on @feedtape/protocol. Compiled, never run: see test/consumers.test.ts.
import {
  aggressorOf,
  decode,
  MESSAGE_SCHEMAS,
  subscribeRequest,
  type Decimal,
  type Level2Event,
  type Message,
} from '@feedtape/protocol';

export function bestBids(frames: readonly Uint8Array[]): Decimal[] {
  return frames.flatMap((frame) => {
    const decoded = decode(frame);
    if (decoded.kind !== 'message' || decoded.channel !== 'l2_data') return [];
    const [event]: readonly Level2Event[] = decoded.message.events;
    return event?.updates.filter(({ side }) => side === 'bid').map(({ price_level }) => price_level) ?? [];
  });
}

export function productsOf(message: Message): readonly string[] {
  if (message.channel === 'market_trades') {
    return message.events.flatMap(({ trades }) =>
      trades.map((trade) => `${trade.product_id} ${aggressorOf(trade)}`),
    );
  }
  return message.channel === 'user'
    ? message.events.flatMap(({ orders }) => orders.map((order) => order.product_id))
    : [];
}

export const request = subscribeRequest({ channel: 'level2', productIds: ['BTC-USD'] });
export const ticker = MESSAGE_SCHEMAS.ticker.parse({}).events[0]?.tickers[0]?.best_bid;

// @ts-expect-error -- a decimal is text
export const sum: number = bestBids([])[0];

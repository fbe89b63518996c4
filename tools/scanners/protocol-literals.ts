// The constant texts between the values of the frames that the fast path reads.
import type { Literals } from './literals-module.ts';

const head = (channel: string): string => `{"channel":"${channel}","timestamp":"`;
const clientHead = (channel: string): string => `{"channel":"${channel}","client_id":"`;
const event = (type: string, rest: string): string => `,"events":[{"type":"${type}",${rest}`;
const nextKey = (name: string): string => `","${name}":"`;

/** In nearly every frame, level or trade: compared without a call. */
export const FREQUENT: Literals = {
  Level2Head: head('l2_data'),
  Sequence: '","sequence_num":',
  Level2Update: event('update', '"product_id":"'),
  FirstBid: '","updates":[{"side":"bid","event_time":"',
  FirstOffer: '","updates":[{"side":"offer","event_time":"',
  NextBid: '"},{"side":"bid","event_time":"',
  NextOffer: '"},{"side":"offer","event_time":"',
  PriceLevel: nextKey('price_level'),
  NewQuantity: nextKey('new_quantity'),
  TradeId: nextKey('trade_id'),
  Price: nextKey('price'),
  Size: nextKey('size'),
  Time: nextKey('time'),
  Buy: '","side":"BUY"',
  Sell: '","side":"SELL"',
  NextTrade: '"},{"product_id":"',
};

export const OTHER: Literals = {
  TickerHead: head('ticker'),
  TickerBatchHead: head('ticker_batch'),
  MarketTradesHead: head('market_trades'),
  HeartbeatsHead: head('heartbeats'),
  Level2Client: clientHead('l2_data'),
  TickerClient: clientHead('ticker'),
  TickerBatchClient: clientHead('ticker_batch'),
  MarketTradesClient: clientHead('market_trades'),
  HeartbeatsClient: clientHead('heartbeats'),
  Timestamp: nextKey('timestamp'),
  Level2Snapshot: event('snapshot', '"product_id":"'),
  Levels: '","updates":[{"side":"',
  TickerUpdate: event('update', '"tickers":[{"type":"ticker","product_id":"'),
  TickerSnapshot: event('snapshot', '"tickers":[{"type":"ticker","product_id":"'),
  Volume24H: nextKey('volume_24_h'),
  Low24H: nextKey('low_24_h'),
  High24H: nextKey('high_24_h'),
  Low52W: nextKey('low_52_w'),
  High52W: nextKey('high_52_w'),
  PricePercentChg24H: nextKey('price_percent_chg_24_h'),
  BestBid: nextKey('best_bid'),
  BestAsk: nextKey('best_ask'),
  BestBidQuantity: nextKey('best_bid_quantity'),
  BestAskQuantity: nextKey('best_ask_quantity'),
  TradesUpdate: event('update', '"trades":[{"product_id":"'),
  TradesSnapshot: event('snapshot', '"trades":[{"product_id":"'),
  CurrentTime: ',"events":[{"current_time":"',
  HeartbeatCounter: '","heartbeat_counter":',
};

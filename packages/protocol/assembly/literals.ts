// Generated from `tools/scanners/protocol-literals.ts` by `npm run scanners`.
import { matches, matchesInline } from './compare';

// {"channel":"l2_data","timestamp":"
const Level2Head = memory.data<u8>([123, 34, 99, 104, 97, 110, 110, 101, 108, 34, 58, 34, 108, 50, 95, 100, 97, 116, 97, 34, 44, 34, 116, 105, 109, 101, 115, 116, 97, 109, 112, 34, 58, 34]);
/* @inline */ export function isLevel2Head(at: usize): bool {
  return matchesInline(at, Level2Head, 34);
}
/* @inline */ export function afterLevel2Head(at: usize): usize {
  return at + 34;
}

// ","sequence_num":
const Sequence = memory.data<u8>([34, 44, 34, 115, 101, 113, 117, 101, 110, 99, 101, 95, 110, 117, 109, 34, 58]);
/* @inline */ export function isSequence(at: usize): bool {
  return matchesInline(at, Sequence, 17);
}
/* @inline */ export function afterSequence(at: usize): usize {
  return at + 17;
}

// ,"events":[{"type":"update","product_id":"
const Level2Update = memory.data<u8>([44, 34, 101, 118, 101, 110, 116, 115, 34, 58, 91, 123, 34, 116, 121, 112, 101, 34, 58, 34, 117, 112, 100, 97, 116, 101, 34, 44, 34, 112, 114, 111, 100, 117, 99, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isLevel2Update(at: usize): bool {
  return matchesInline(at, Level2Update, 42);
}
/* @inline */ export function afterLevel2Update(at: usize): usize {
  return at + 42;
}

// ","updates":[{"side":"bid","event_time":"
const FirstBid = memory.data<u8>([34, 44, 34, 117, 112, 100, 97, 116, 101, 115, 34, 58, 91, 123, 34, 115, 105, 100, 101, 34, 58, 34, 98, 105, 100, 34, 44, 34, 101, 118, 101, 110, 116, 95, 116, 105, 109, 101, 34, 58, 34]);
/* @inline */ export function isFirstBid(at: usize): bool {
  return matchesInline(at, FirstBid, 41);
}
/* @inline */ export function afterFirstBid(at: usize): usize {
  return at + 41;
}

// ","updates":[{"side":"offer","event_time":"
const FirstOffer = memory.data<u8>([34, 44, 34, 117, 112, 100, 97, 116, 101, 115, 34, 58, 91, 123, 34, 115, 105, 100, 101, 34, 58, 34, 111, 102, 102, 101, 114, 34, 44, 34, 101, 118, 101, 110, 116, 95, 116, 105, 109, 101, 34, 58, 34]);
/* @inline */ export function isFirstOffer(at: usize): bool {
  return matchesInline(at, FirstOffer, 43);
}
/* @inline */ export function afterFirstOffer(at: usize): usize {
  return at + 43;
}

// "},{"side":"bid","event_time":"
const NextBid = memory.data<u8>([34, 125, 44, 123, 34, 115, 105, 100, 101, 34, 58, 34, 98, 105, 100, 34, 44, 34, 101, 118, 101, 110, 116, 95, 116, 105, 109, 101, 34, 58, 34]);
/* @inline */ export function isNextBid(at: usize): bool {
  return matchesInline(at, NextBid, 31);
}
/* @inline */ export function afterNextBid(at: usize): usize {
  return at + 31;
}

// "},{"side":"offer","event_time":"
const NextOffer = memory.data<u8>([34, 125, 44, 123, 34, 115, 105, 100, 101, 34, 58, 34, 111, 102, 102, 101, 114, 34, 44, 34, 101, 118, 101, 110, 116, 95, 116, 105, 109, 101, 34, 58, 34]);
/* @inline */ export function isNextOffer(at: usize): bool {
  return matchesInline(at, NextOffer, 33);
}
/* @inline */ export function afterNextOffer(at: usize): usize {
  return at + 33;
}

// ","price_level":"
const PriceLevel = memory.data<u8>([34, 44, 34, 112, 114, 105, 99, 101, 95, 108, 101, 118, 101, 108, 34, 58, 34]);
/* @inline */ export function isPriceLevel(at: usize): bool {
  return matchesInline(at, PriceLevel, 17);
}
/* @inline */ export function afterPriceLevel(at: usize): usize {
  return at + 17;
}

// ","new_quantity":"
const NewQuantity = memory.data<u8>([34, 44, 34, 110, 101, 119, 95, 113, 117, 97, 110, 116, 105, 116, 121, 34, 58, 34]);
/* @inline */ export function isNewQuantity(at: usize): bool {
  return matchesInline(at, NewQuantity, 18);
}
/* @inline */ export function afterNewQuantity(at: usize): usize {
  return at + 18;
}

// ","trade_id":"
const TradeId = memory.data<u8>([34, 44, 34, 116, 114, 97, 100, 101, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isTradeId(at: usize): bool {
  return matchesInline(at, TradeId, 14);
}
/* @inline */ export function afterTradeId(at: usize): usize {
  return at + 14;
}

// ","price":"
const Price = memory.data<u8>([34, 44, 34, 112, 114, 105, 99, 101, 34, 58, 34]);
/* @inline */ export function isPrice(at: usize): bool {
  return matchesInline(at, Price, 11);
}
/* @inline */ export function afterPrice(at: usize): usize {
  return at + 11;
}

// ","size":"
const Size = memory.data<u8>([34, 44, 34, 115, 105, 122, 101, 34, 58, 34]);
/* @inline */ export function isSize(at: usize): bool {
  return matchesInline(at, Size, 10);
}
/* @inline */ export function afterSize(at: usize): usize {
  return at + 10;
}

// ","time":"
const Time = memory.data<u8>([34, 44, 34, 116, 105, 109, 101, 34, 58, 34]);
/* @inline */ export function isTime(at: usize): bool {
  return matchesInline(at, Time, 10);
}
/* @inline */ export function afterTime(at: usize): usize {
  return at + 10;
}

// ","side":"BUY"
const Buy = memory.data<u8>([34, 44, 34, 115, 105, 100, 101, 34, 58, 34, 66, 85, 89, 34]);
/* @inline */ export function isBuy(at: usize): bool {
  return matchesInline(at, Buy, 14);
}
/* @inline */ export function afterBuy(at: usize): usize {
  return at + 14;
}

// ","side":"SELL"
const Sell = memory.data<u8>([34, 44, 34, 115, 105, 100, 101, 34, 58, 34, 83, 69, 76, 76, 34]);
/* @inline */ export function isSell(at: usize): bool {
  return matchesInline(at, Sell, 15);
}
/* @inline */ export function afterSell(at: usize): usize {
  return at + 15;
}

// "},{"product_id":"
const NextTrade = memory.data<u8>([34, 125, 44, 123, 34, 112, 114, 111, 100, 117, 99, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isNextTrade(at: usize): bool {
  return matchesInline(at, NextTrade, 18);
}
/* @inline */ export function afterNextTrade(at: usize): usize {
  return at + 18;
}

// {"channel":"ticker","timestamp":"
const TickerHead = memory.data<u8>([123, 34, 99, 104, 97, 110, 110, 101, 108, 34, 58, 34, 116, 105, 99, 107, 101, 114, 34, 44, 34, 116, 105, 109, 101, 115, 116, 97, 109, 112, 34, 58, 34]);
/* @inline */ export function isTickerHead(at: usize): bool {
  return matches(at, TickerHead, 33);
}
/* @inline */ export function afterTickerHead(at: usize): usize {
  return at + 33;
}

// {"channel":"ticker_batch","timestamp":"
const TickerBatchHead = memory.data<u8>([123, 34, 99, 104, 97, 110, 110, 101, 108, 34, 58, 34, 116, 105, 99, 107, 101, 114, 95, 98, 97, 116, 99, 104, 34, 44, 34, 116, 105, 109, 101, 115, 116, 97, 109, 112, 34, 58, 34]);
/* @inline */ export function isTickerBatchHead(at: usize): bool {
  return matches(at, TickerBatchHead, 39);
}
/* @inline */ export function afterTickerBatchHead(at: usize): usize {
  return at + 39;
}

// {"channel":"market_trades","timestamp":"
const MarketTradesHead = memory.data<u8>([123, 34, 99, 104, 97, 110, 110, 101, 108, 34, 58, 34, 109, 97, 114, 107, 101, 116, 95, 116, 114, 97, 100, 101, 115, 34, 44, 34, 116, 105, 109, 101, 115, 116, 97, 109, 112, 34, 58, 34]);
/* @inline */ export function isMarketTradesHead(at: usize): bool {
  return matches(at, MarketTradesHead, 40);
}
/* @inline */ export function afterMarketTradesHead(at: usize): usize {
  return at + 40;
}

// {"channel":"heartbeats","timestamp":"
const HeartbeatsHead = memory.data<u8>([123, 34, 99, 104, 97, 110, 110, 101, 108, 34, 58, 34, 104, 101, 97, 114, 116, 98, 101, 97, 116, 115, 34, 44, 34, 116, 105, 109, 101, 115, 116, 97, 109, 112, 34, 58, 34]);
/* @inline */ export function isHeartbeatsHead(at: usize): bool {
  return matches(at, HeartbeatsHead, 37);
}
/* @inline */ export function afterHeartbeatsHead(at: usize): usize {
  return at + 37;
}

// {"channel":"l2_data","client_id":"
const Level2Client = memory.data<u8>([123, 34, 99, 104, 97, 110, 110, 101, 108, 34, 58, 34, 108, 50, 95, 100, 97, 116, 97, 34, 44, 34, 99, 108, 105, 101, 110, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isLevel2Client(at: usize): bool {
  return matches(at, Level2Client, 34);
}
/* @inline */ export function afterLevel2Client(at: usize): usize {
  return at + 34;
}

// {"channel":"ticker","client_id":"
const TickerClient = memory.data<u8>([123, 34, 99, 104, 97, 110, 110, 101, 108, 34, 58, 34, 116, 105, 99, 107, 101, 114, 34, 44, 34, 99, 108, 105, 101, 110, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isTickerClient(at: usize): bool {
  return matches(at, TickerClient, 33);
}
/* @inline */ export function afterTickerClient(at: usize): usize {
  return at + 33;
}

// {"channel":"ticker_batch","client_id":"
const TickerBatchClient = memory.data<u8>([123, 34, 99, 104, 97, 110, 110, 101, 108, 34, 58, 34, 116, 105, 99, 107, 101, 114, 95, 98, 97, 116, 99, 104, 34, 44, 34, 99, 108, 105, 101, 110, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isTickerBatchClient(at: usize): bool {
  return matches(at, TickerBatchClient, 39);
}
/* @inline */ export function afterTickerBatchClient(at: usize): usize {
  return at + 39;
}

// {"channel":"market_trades","client_id":"
const MarketTradesClient = memory.data<u8>([123, 34, 99, 104, 97, 110, 110, 101, 108, 34, 58, 34, 109, 97, 114, 107, 101, 116, 95, 116, 114, 97, 100, 101, 115, 34, 44, 34, 99, 108, 105, 101, 110, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isMarketTradesClient(at: usize): bool {
  return matches(at, MarketTradesClient, 40);
}
/* @inline */ export function afterMarketTradesClient(at: usize): usize {
  return at + 40;
}

// {"channel":"heartbeats","client_id":"
const HeartbeatsClient = memory.data<u8>([123, 34, 99, 104, 97, 110, 110, 101, 108, 34, 58, 34, 104, 101, 97, 114, 116, 98, 101, 97, 116, 115, 34, 44, 34, 99, 108, 105, 101, 110, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isHeartbeatsClient(at: usize): bool {
  return matches(at, HeartbeatsClient, 37);
}
/* @inline */ export function afterHeartbeatsClient(at: usize): usize {
  return at + 37;
}

// ","timestamp":"
const Timestamp = memory.data<u8>([34, 44, 34, 116, 105, 109, 101, 115, 116, 97, 109, 112, 34, 58, 34]);
/* @inline */ export function isTimestamp(at: usize): bool {
  return matches(at, Timestamp, 15);
}
/* @inline */ export function afterTimestamp(at: usize): usize {
  return at + 15;
}

// ,"events":[{"type":"snapshot","product_id":"
const Level2Snapshot = memory.data<u8>([44, 34, 101, 118, 101, 110, 116, 115, 34, 58, 91, 123, 34, 116, 121, 112, 101, 34, 58, 34, 115, 110, 97, 112, 115, 104, 111, 116, 34, 44, 34, 112, 114, 111, 100, 117, 99, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isLevel2Snapshot(at: usize): bool {
  return matches(at, Level2Snapshot, 44);
}
/* @inline */ export function afterLevel2Snapshot(at: usize): usize {
  return at + 44;
}

// ","updates":[{"side":"
const Levels = memory.data<u8>([34, 44, 34, 117, 112, 100, 97, 116, 101, 115, 34, 58, 91, 123, 34, 115, 105, 100, 101, 34, 58, 34]);
/* @inline */ export function isLevels(at: usize): bool {
  return matches(at, Levels, 22);
}
/* @inline */ export function afterLevels(at: usize): usize {
  return at + 22;
}

// ,"events":[{"type":"update","tickers":[{"type":"ticker","product_id":"
const TickerUpdate = memory.data<u8>([44, 34, 101, 118, 101, 110, 116, 115, 34, 58, 91, 123, 34, 116, 121, 112, 101, 34, 58, 34, 117, 112, 100, 97, 116, 101, 34, 44, 34, 116, 105, 99, 107, 101, 114, 115, 34, 58, 91, 123, 34, 116, 121, 112, 101, 34, 58, 34, 116, 105, 99, 107, 101, 114, 34, 44, 34, 112, 114, 111, 100, 117, 99, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isTickerUpdate(at: usize): bool {
  return matches(at, TickerUpdate, 70);
}
/* @inline */ export function afterTickerUpdate(at: usize): usize {
  return at + 70;
}

// ,"events":[{"type":"snapshot","tickers":[{"type":"ticker","product_id":"
const TickerSnapshot = memory.data<u8>([44, 34, 101, 118, 101, 110, 116, 115, 34, 58, 91, 123, 34, 116, 121, 112, 101, 34, 58, 34, 115, 110, 97, 112, 115, 104, 111, 116, 34, 44, 34, 116, 105, 99, 107, 101, 114, 115, 34, 58, 91, 123, 34, 116, 121, 112, 101, 34, 58, 34, 116, 105, 99, 107, 101, 114, 34, 44, 34, 112, 114, 111, 100, 117, 99, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isTickerSnapshot(at: usize): bool {
  return matches(at, TickerSnapshot, 72);
}
/* @inline */ export function afterTickerSnapshot(at: usize): usize {
  return at + 72;
}

// ","volume_24_h":"
const Volume24H = memory.data<u8>([34, 44, 34, 118, 111, 108, 117, 109, 101, 95, 50, 52, 95, 104, 34, 58, 34]);
/* @inline */ export function isVolume24H(at: usize): bool {
  return matches(at, Volume24H, 17);
}
/* @inline */ export function afterVolume24H(at: usize): usize {
  return at + 17;
}

// ","low_24_h":"
const Low24H = memory.data<u8>([34, 44, 34, 108, 111, 119, 95, 50, 52, 95, 104, 34, 58, 34]);
/* @inline */ export function isLow24H(at: usize): bool {
  return matches(at, Low24H, 14);
}
/* @inline */ export function afterLow24H(at: usize): usize {
  return at + 14;
}

// ","high_24_h":"
const High24H = memory.data<u8>([34, 44, 34, 104, 105, 103, 104, 95, 50, 52, 95, 104, 34, 58, 34]);
/* @inline */ export function isHigh24H(at: usize): bool {
  return matches(at, High24H, 15);
}
/* @inline */ export function afterHigh24H(at: usize): usize {
  return at + 15;
}

// ","low_52_w":"
const Low52W = memory.data<u8>([34, 44, 34, 108, 111, 119, 95, 53, 50, 95, 119, 34, 58, 34]);
/* @inline */ export function isLow52W(at: usize): bool {
  return matches(at, Low52W, 14);
}
/* @inline */ export function afterLow52W(at: usize): usize {
  return at + 14;
}

// ","high_52_w":"
const High52W = memory.data<u8>([34, 44, 34, 104, 105, 103, 104, 95, 53, 50, 95, 119, 34, 58, 34]);
/* @inline */ export function isHigh52W(at: usize): bool {
  return matches(at, High52W, 15);
}
/* @inline */ export function afterHigh52W(at: usize): usize {
  return at + 15;
}

// ","price_percent_chg_24_h":"
const PricePercentChg24H = memory.data<u8>([34, 44, 34, 112, 114, 105, 99, 101, 95, 112, 101, 114, 99, 101, 110, 116, 95, 99, 104, 103, 95, 50, 52, 95, 104, 34, 58, 34]);
/* @inline */ export function isPricePercentChg24H(at: usize): bool {
  return matches(at, PricePercentChg24H, 28);
}
/* @inline */ export function afterPricePercentChg24H(at: usize): usize {
  return at + 28;
}

// ","best_bid":"
const BestBid = memory.data<u8>([34, 44, 34, 98, 101, 115, 116, 95, 98, 105, 100, 34, 58, 34]);
/* @inline */ export function isBestBid(at: usize): bool {
  return matches(at, BestBid, 14);
}
/* @inline */ export function afterBestBid(at: usize): usize {
  return at + 14;
}

// ","best_ask":"
const BestAsk = memory.data<u8>([34, 44, 34, 98, 101, 115, 116, 95, 97, 115, 107, 34, 58, 34]);
/* @inline */ export function isBestAsk(at: usize): bool {
  return matches(at, BestAsk, 14);
}
/* @inline */ export function afterBestAsk(at: usize): usize {
  return at + 14;
}

// ","best_bid_quantity":"
const BestBidQuantity = memory.data<u8>([34, 44, 34, 98, 101, 115, 116, 95, 98, 105, 100, 95, 113, 117, 97, 110, 116, 105, 116, 121, 34, 58, 34]);
/* @inline */ export function isBestBidQuantity(at: usize): bool {
  return matches(at, BestBidQuantity, 23);
}
/* @inline */ export function afterBestBidQuantity(at: usize): usize {
  return at + 23;
}

// ","best_ask_quantity":"
const BestAskQuantity = memory.data<u8>([34, 44, 34, 98, 101, 115, 116, 95, 97, 115, 107, 95, 113, 117, 97, 110, 116, 105, 116, 121, 34, 58, 34]);
/* @inline */ export function isBestAskQuantity(at: usize): bool {
  return matches(at, BestAskQuantity, 23);
}
/* @inline */ export function afterBestAskQuantity(at: usize): usize {
  return at + 23;
}

// ,"events":[{"type":"update","trades":[{"product_id":"
const TradesUpdate = memory.data<u8>([44, 34, 101, 118, 101, 110, 116, 115, 34, 58, 91, 123, 34, 116, 121, 112, 101, 34, 58, 34, 117, 112, 100, 97, 116, 101, 34, 44, 34, 116, 114, 97, 100, 101, 115, 34, 58, 91, 123, 34, 112, 114, 111, 100, 117, 99, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isTradesUpdate(at: usize): bool {
  return matches(at, TradesUpdate, 53);
}
/* @inline */ export function afterTradesUpdate(at: usize): usize {
  return at + 53;
}

// ,"events":[{"type":"snapshot","trades":[{"product_id":"
const TradesSnapshot = memory.data<u8>([44, 34, 101, 118, 101, 110, 116, 115, 34, 58, 91, 123, 34, 116, 121, 112, 101, 34, 58, 34, 115, 110, 97, 112, 115, 104, 111, 116, 34, 44, 34, 116, 114, 97, 100, 101, 115, 34, 58, 91, 123, 34, 112, 114, 111, 100, 117, 99, 116, 95, 105, 100, 34, 58, 34]);
/* @inline */ export function isTradesSnapshot(at: usize): bool {
  return matches(at, TradesSnapshot, 55);
}
/* @inline */ export function afterTradesSnapshot(at: usize): usize {
  return at + 55;
}

// ,"events":[{"current_time":"
const CurrentTime = memory.data<u8>([44, 34, 101, 118, 101, 110, 116, 115, 34, 58, 91, 123, 34, 99, 117, 114, 114, 101, 110, 116, 95, 116, 105, 109, 101, 34, 58, 34]);
/* @inline */ export function isCurrentTime(at: usize): bool {
  return matches(at, CurrentTime, 28);
}
/* @inline */ export function afterCurrentTime(at: usize): usize {
  return at + 28;
}

// ","heartbeat_counter":
const HeartbeatCounter = memory.data<u8>([34, 44, 34, 104, 101, 97, 114, 116, 98, 101, 97, 116, 95, 99, 111, 117, 110, 116, 101, 114, 34, 58]);
/* @inline */ export function isHeartbeatCounter(at: usize): bool {
  return matches(at, HeartbeatCounter, 22);
}
/* @inline */ export function afterHeartbeatCounter(at: usize): usize {
  return at + 22;
}

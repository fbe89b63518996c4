// The one event of each market data frame, written as the exchange writes it: keys in its order, decimals as
// strings. Templates instead of JSON.stringify: this is the hot path, and nothing here needs escaping.

import type { Product } from './product-catalog.ts';
import { decimalText, roundedText } from './wire-text.ts';
import type { Ladder, LevelChanges } from './price-ladder.ts';
import type { Candle, Statistics } from './market-statistics.ts';
import type { Trade } from './trading.ts';

type EventType = 'snapshot' | 'update';

const SIZE_DECIMALS = 8;

export function level2Event(
  type: EventType,
  product: string,
  { ladder, changes }: { readonly ladder: Ladder; readonly changes: LevelChanges },
  eventTime: string,
): string {
  const { slots, bids, count } = changes;
  // Few and long pieces: a string of many small ones is slow to write out.
  const bid = `"},{"side":"bid","event_time":"${eventTime}","price_level":"`;
  const offer = `"},{"side":"offer","event_time":"${eventTime}","price_level":"`;
  let text = `{"type":"${type}","product_id":"${product}","updates":[`;
  for (let index = 0; index < count; index += 1) {
    const slot = slots[index] ?? 0;
    const isBid = index < bids;
    const begin = isBid ? bid : offer;
    text += index === 0 ? begin.slice(3) : begin;
    text += `${ladder.priceText(slot)}","new_quantity":"`;
    text += decimalText(ladder.sizeOn(isBid ? 'bid' : 'offer', slot), SIZE_DECIMALS);
  }
  return text + (count === 0 ? ']}' : '"}]}');
}

/** `trades`: newest first. */
export function tradesEvent(
  type: EventType,
  product: string,
  trades: readonly Trade[],
  timeText: (at: number) => string,
): string {
  let text = '';
  for (const { id, priceText, size, at, side } of trades) {
    text += `{"product_id":"${product}","trade_id":"${id}","price":"${priceText}","size":"`;
    text += `${decimalText(size, SIZE_DECIMALS)}","time":"${timeText(at)}","side":"${side}"},`;
  }
  return `{"type":"${type}","trades":[${text.slice(0, -1)}]}`;
}

/** The best bid and offer of a product; `ticker_batch` does without. */
export interface Touch {
  readonly bidText: string;
  readonly askText: string;
  readonly bidSize: number;
  readonly askSize: number;
}

export function tickerEvent(
  type: EventType,
  product: Product,
  statistics: Statistics,
  touch: Touch | undefined,
): string {
  const best =
    touch === undefined
      ? ''
      : `,"best_bid":"${touch.bidText}","best_ask":"${touch.askText}","best_bid_quantity":"${decimalText(touch.bidSize, SIZE_DECIMALS)}","best_ask_quantity":"${decimalText(touch.askSize, SIZE_DECIMALS)}"`;
  return `{"type":"${type}","tickers":[{"type":"ticker","product_id":"${product.id}","price":"${statistics.lastText}","volume_24_h":"${decimalText(statistics.volume24h, SIZE_DECIMALS)}",${statistics.rangeText},"price_percent_chg_24_h":"${roundedText(statistics.change24h, 14)}"${best}}]}`;
}

export function candlesEvent(type: EventType, product: Product, candles: readonly Candle[]): string {
  const price = (ticks: number): string => decimalText(ticks, product.priceDecimals);
  const entries = candles.map(
    (candle) =>
      `{"start":"${candle.startSeconds}","high":"${price(candle.high)}","low":"${price(candle.low)}","open":"${price(candle.open)}","close":"${price(candle.close)}","volume":"${decimalText(candle.volume, SIZE_DECIMALS)}","product_id":"${product.id}"}`,
  );
  return `{"type":"${type}","candles":[${entries.join(',')}]}`;
}

export function statusEvent(type: EventType, product: Product): string {
  const increment = decimalText(1, product.priceDecimals);
  return `{"type":"${type}","products":[{"product_type":"SPOT","id":"${product.id}","base_currency":"${product.base}","quote_currency":"${product.quote}","base_increment":"0.00000001","quote_increment":"${increment}","display_name":"${product.base}/${product.quote}","status":"online","status_message":"","min_market_funds":"1"}]}`;
}

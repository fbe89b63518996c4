import type { Decimal } from '../values/decimal.ts';
import type { Ticker, TickerEvent } from '../messages/ticker.ts';
import type { Scanner } from './scanner.ts';
import {
  IS_SNAPSHOT,
  PRODUCT_END,
  TICKER_FORM,
  TIMESTAMP_END,
  WIRE_ORDER,
  WITHOUT_BEST,
} from './scanner-layout.ts';

/** The event of a frame. */
export function tickerEvent(scanner: Scanner, text: string): TickerEvent {
  const type = scanner.header[IS_SNAPSHOT] === 0 ? 'update' : 'snapshot';
  return { type, tickers: [tickerOf(scanner, text)] };
}

/** Each form as one literal: its keys in the order of the wire, and no copy of an object. */
function tickerOf({ header, marks }: Scanner, text: string): Ticker {
  const type = 'ticker';
  const productEnd = header[PRODUCT_END]!;
  const form = header[TICKER_FORM];
  const product_id = text.slice(header[TIMESTAMP_END], productEnd);
  const price = text.slice(productEnd, marks[0]) as Decimal;
  const volume_24_h = figure(marks, 1, text);
  const low_24_h = figure(marks, 2, text);
  const high_24_h = figure(marks, 3, text);
  const low_52_w = figure(marks, 4, text);
  const high_52_w = figure(marks, 5, text);
  const price_percent_chg_24_h = figure(marks, 6, text);
  if (form === WITHOUT_BEST) {
    return {
      type,
      product_id,
      price,
      volume_24_h,
      low_24_h,
      high_24_h,
      low_52_w,
      high_52_w,
      price_percent_chg_24_h,
    };
  }
  const best_bid = figure(marks, 7, text);
  if (form === WIRE_ORDER) {
    const best_ask = figure(marks, 8, text);
    const best_bid_quantity = figure(marks, 9, text);
    const best_ask_quantity = figure(marks, 10, text);
    return {
      type,
      product_id,
      price,
      volume_24_h,
      low_24_h,
      high_24_h,
      low_52_w,
      high_52_w,
      price_percent_chg_24_h,
      best_bid,
      best_ask,
      best_bid_quantity,
      best_ask_quantity,
    };
  }
  const best_bid_quantity = figure(marks, 8, text);
  const best_ask = figure(marks, 9, text);
  const best_ask_quantity = figure(marks, 10, text);
  return {
    type,
    product_id,
    price,
    volume_24_h,
    low_24_h,
    high_24_h,
    low_52_w,
    high_52_w,
    price_percent_chg_24_h,
    best_bid,
    best_bid_quantity,
    best_ask,
    best_ask_quantity,
  };
}

function figure(marks: Int32Array, index: number, text: string): Decimal {
  return text.slice(marks[index - 1], marks[index]) as Decimal;
}

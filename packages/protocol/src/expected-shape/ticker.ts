import type { Decimal } from '../decimal.ts';
import type { Ticker, TickerEvent } from '../messages/ticker.ts';
import type { FrameSource } from './frame-source.ts';
import { literal, matches, type Literal } from './literal.ts';
import { addSpan, spanText, type Spans } from './spans.ts';
import { decimalEnd, textEnd } from './value-end.ts';

const UPDATE = literal('{"type":"update","tickers":[{"type":"ticker","product_id":"');
const SNAPSHOT = literal('{"type":"snapshot","tickers":[{"type":"ticker","product_id":"');

const key = (name: string): Literal => literal(`","${name}":"`);

const FIGURES = ['price', 'volume_24_h', 'low_24_h', 'high_24_h', 'low_52_w', 'high_52_w'].map(key);
const CHANGE = key('price_percent_chg_24_h');
const BEST_BID = key('best_bid');
const BEST_ASK = key('best_ask');
const BEST_BID_QUANTITY = key('best_bid_quantity');
const BEST_ASK_QUANTITY = key('best_ask_quantity');
const AS_SENT = [BEST_BID, BEST_ASK, BEST_BID_QUANTITY, BEST_ASK_QUANTITY];
const AS_DOCUMENTED = [BEST_BID, BEST_BID_QUANTITY, BEST_ASK, BEST_ASK_QUANTITY];

/** Product, figures and change; then the four best values, or none of them. */
const VALUES_WITHOUT_BEST = 8;

/** Reads the event that stands at a position; where it ends, or -1 where it is not as expected. */
export function scanTickerEvent(source: FrameSource, position: number, spans: Spans): number {
  const first = matches(source, position, UPDATE)
    ? UPDATE
    : matches(source, position, SNAPSHOT)
      ? SNAPSHOT
      : undefined;
  if (first === undefined) return -1;
  const product = position + first.length;
  let at = addSpan(spans, product, textEnd(source, product));
  for (const each of FIGURES) at = scanFigure(source, at, each, spans);
  at = scanFigure(source, at, CHANGE, spans);
  if (at >= 0 && matches(source, at, BEST_BID)) {
    for (const each of bestOrder(source, at)) at = scanFigure(source, at, each, spans);
  }
  // What ends the ticker, the list and the event: "}]}
  return at >= 0 && at + 4 <= source.end && source.view.getInt32(at) === 0x22_7d_5d_7d ? at + 4 : -1;
}

/** The type of an event that has been scanned. */
export function tickerType(source: FrameSource, position: number): 'update' | 'snapshot' {
  return matches(source, position, UPDATE) ? 'update' : 'snapshot';
}

/** The event that a scan has marked. */
export function tickerEvent(source: FrameSource, position: number, spans: Spans, text: string): TickerEvent {
  return { type: tickerType(source, position), tickers: [tickerOf(source, spans, text)] };
}

/** Each form as one literal: its keys in the order of the wire, and no copy of an object. */
function tickerOf(source: FrameSource, spans: Spans, text: string): Ticker {
  const { start } = source;
  const type = 'ticker';
  const product_id = spanText(spans, 0, text, start);
  const price = figure(spans, 1, text, start);
  const volume_24_h = figure(spans, 2, text, start);
  const low_24_h = figure(spans, 3, text, start);
  const high_24_h = figure(spans, 4, text, start);
  const low_52_w = figure(spans, 5, text, start);
  const high_52_w = figure(spans, 6, text, start);
  const price_percent_chg_24_h = figure(spans, 7, text, start);
  if (spans.count / 2 === VALUES_WITHOUT_BEST) {
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
  const best_bid = figure(spans, 8, text, start);
  const beforeBest = spans.positions[2 * VALUES_WITHOUT_BEST - 1]!;
  if (bestOrder(source, beforeBest) === AS_SENT) {
    const best_ask = figure(spans, 9, text, start);
    const best_bid_quantity = figure(spans, 10, text, start);
    const best_ask_quantity = figure(spans, 11, text, start);
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
  const best_bid_quantity = figure(spans, 9, text, start);
  const best_ask = figure(spans, 10, text, start);
  const best_ask_quantity = figure(spans, 11, text, start);
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

function figure(spans: Spans, index: number, text: string, start: number): Decimal {
  return spanText(spans, index, text, start) as Decimal;
}

/** The four keys in the order that stands at a position: the documentation's, or the one on the wire. */
function bestOrder(source: FrameSource, position: number): readonly Literal[] {
  const bid = position + BEST_BID.length;
  const quote = decimalEnd(source.bytes, bid);
  return quote >= 0 && matches(source, quote, BEST_BID_QUANTITY) ? AS_DOCUMENTED : AS_SENT;
}

function scanFigure(source: FrameSource, position: number, expected: Literal, spans: Spans): number {
  if (position < 0 || !matches(source, position, expected)) return -1;
  const from = position + expected.length;
  return addSpan(spans, from, decimalEnd(source.bytes, from));
}

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
  const value = (index: number): Decimal => spanText(spans, index, text, source.start) as Decimal;
  const figures = {
    type: 'ticker',
    product_id: value(0),
    price: value(1),
    volume_24_h: value(2),
    low_24_h: value(3),
    high_24_h: value(4),
    low_52_w: value(5),
    high_52_w: value(6),
    price_percent_chg_24_h: value(7),
  };
  const type = tickerType(source, position);
  return {
    type,
    tickers: [
      spans.count / 2 === VALUES_WITHOUT_BEST ? figures : { ...figures, ...best(source, spans, value) },
    ],
  };
}

type Best = Pick<Ticker, 'best_bid' | 'best_ask' | 'best_bid_quantity' | 'best_ask_quantity'>;

function best(source: FrameSource, spans: Spans, value: (index: number) => Decimal): Best {
  const [first, second, third, fourth] = [value(8), value(9), value(10), value(11)];
  const beforeBest = spans.positions[2 * VALUES_WITHOUT_BEST - 1]!;
  return bestOrder(source, beforeBest) === AS_SENT
    ? { best_bid: first, best_ask: second, best_bid_quantity: third, best_ask_quantity: fourth }
    : { best_bid: first, best_bid_quantity: second, best_ask: third, best_ask_quantity: fourth };
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

import type { Decimal } from '../decimal.ts';
import type { MarketTradesEvent, Trade } from '../messages/market-trades.ts';
import type { FrameSource } from './frame-source.ts';
import { literal, matches } from './literal.ts';
import { addSpan, spanText, type Spans } from './spans.ts';
import { timeEnd } from './time-end.ts';
import { decimalEnd, textEnd } from './value-end.ts';

const UPDATE = literal('{"type":"update","trades":[{"product_id":"');
const SNAPSHOT = literal('{"type":"snapshot","trades":[{"product_id":"');
const TRADE_ID = literal('","trade_id":"');
const PRICE = literal('","price":"');
const SIZE = literal('","size":"');
const TIME = literal('","time":"');
const BUY = literal('","side":"BUY"}');
const SELL = literal('","side":"SELL"}');
const NEXT = literal(',{"product_id":"');
const VALUES = 5;

/** Reads the event that stands at a position; where it ends, or -1 where it is not as expected. */
export function scanMarketTradesEvent(source: FrameSource, position: number, spans: Spans): number {
  const first = matches(source, position, UPDATE)
    ? UPDATE
    : matches(source, position, SNAPSHOT)
      ? SNAPSHOT
      : undefined;
  if (first === undefined) return -1;
  let at = position + first.length;
  for (;;) {
    at = scanTrade(source, at, spans);
    if (at < 0) return -1;
    if (!matches(source, at, NEXT)) break;
    at += NEXT.length;
  }
  // What ends the list and the event: ]}
  return source.bytes[at] === 0x5d && source.bytes[at + 1] === 0x7d ? at + 2 : -1;
}

/** The type of an event that has been scanned. */
export function marketTradesType(source: FrameSource, position: number): 'update' | 'snapshot' {
  return matches(source, position, UPDATE) ? 'update' : 'snapshot';
}

/** The event that a scan has marked. */
export function marketTradesEvent(
  source: FrameSource,
  position: number,
  spans: Spans,
  text: string,
): MarketTradesEvent {
  const trades: Trade[] = [];
  for (let index = 0; index < spans.count / 2; index += VALUES) {
    const afterTime = spans.positions[2 * (index + VALUES) - 1]!;
    trades.push({
      product_id: spanText(spans, index, text, source.start),
      trade_id: spanText(spans, index + 1, text, source.start),
      price: spanText(spans, index + 2, text, source.start) as Decimal,
      size: spanText(spans, index + 3, text, source.start) as Decimal,
      time: spanText(spans, index + 4, text, source.start),
      side: matches(source, afterTime, BUY) ? 'BUY' : 'SELL',
    });
  }
  return { type: marketTradesType(source, position), trades };
}

function scanTrade(source: FrameSource, position: number, spans: Spans): number {
  const { bytes } = source;
  let at = addSpan(spans, position, textEnd(source, position));
  if (at < 0 || !matches(source, at, TRADE_ID)) return -1;
  at += TRADE_ID.length;
  at = addSpan(spans, at, textEnd(source, at));
  if (at < 0 || !matches(source, at, PRICE)) return -1;
  at += PRICE.length;
  at = addSpan(spans, at, decimalEnd(bytes, at));
  if (at < 0 || !matches(source, at, SIZE)) return -1;
  at += SIZE.length;
  at = addSpan(spans, at, decimalEnd(bytes, at));
  if (at < 0 || !matches(source, at, TIME)) return -1;
  at += TIME.length;
  at = addSpan(spans, at, timeEnd(source, at));
  if (at < 0) return -1;
  if (matches(source, at, BUY)) return at + BUY.length;
  return matches(source, at, SELL) ? at + SELL.length : -1;
}

import type { Peeked } from '../peek.ts';
import { newScannedEnvelope, scanEnvelope } from './envelope.ts';
import { letGo, newFrameSource, readFrom } from './frame-source.ts';
import { scanHeartbeatsEvent } from './heartbeats.ts';
import { newLevel2Marks, scanLevel2Head } from './level2-scan.ts';
import { marketTradesType, scanMarketTradesEvent } from './market-trades.ts';
import { productText } from './product-texts.ts';
import { newSpans } from './spans.ts';
import { scanTickerEvent, tickerType } from './ticker.ts';

// Scratch memory of one synchronous call after the other.
const source = newFrameSource();
const envelope = newScannedEnvelope();
const marks = newLevel2Marks();
const spans = newSpans();

const BRACKET = 0x5d;
const BRACE = 0x7d;

/**
 * Reads a frame of the expected shape as far as that is enough to be sure; `undefined` where it is not.
 *
 * `JSON.parse` takes the last of two equal keys, so the beginning alone proves nothing. The proof for level2 is that
 * the first `]` after the beginning is the one of the end, `]}]}`: then the two lists that are open at the beginning
 * stay open to the end, and no key in between can belong to the event or the envelope. The other events are short and
 * are read whole.
 */
export function peekExpected(frame: Uint8Array): Peeked | undefined {
  if (!readFrom(source, frame)) return undefined;
  const peeked = scanEnvelope(source, envelope) ? peekEvent(frame) : undefined;
  letGo(source);
  return peeked;
}

function peekEvent(frame: Uint8Array): Peeked | undefined {
  const { channel, eventsFrom, sequence } = envelope;
  const { bytes } = source;
  spans.count = 0;
  switch (channel) {
    case 'l2_data': {
      const levels = scanLevel2Head(source, eventsFrom, marks);
      if (levels < 0 || !endsAtFirstBracket(frame, levels - source.start)) return undefined;
      const productId = productText(bytes, marks.productFrom, marks.productTo);
      return { channel, sequence, productId, eventType: marks.type };
    }
    case 'heartbeats':
      return endsFrame(scanHeartbeatsEvent(source, eventsFrom, spans)) ? { channel, sequence } : undefined;
    case 'market_trades': {
      if (!endsFrame(scanMarketTradesEvent(source, eventsFrom, spans))) return undefined;
      return { channel, sequence, productId: firstText(), eventType: marketTradesType(source, eventsFrom) };
    }
    case 'ticker':
    case 'ticker_batch': {
      if (!endsFrame(scanTickerEvent(source, eventsFrom, spans))) return undefined;
      return { channel, sequence, productId: firstText(), eventType: tickerType(source, eventsFrom) };
    }
  }
}

function firstText(): string {
  return productText(source.bytes, spans.positions[0]!, spans.positions[1]!);
}

function endsAtFirstBracket(frame: Uint8Array, from: number): boolean {
  const last = frame.length - 4;
  return frame.indexOf(BRACKET, from) === last && frame[last + 1] === BRACE && frame[last + 2] === BRACKET;
}

function endsFrame(end: number): boolean {
  return end >= 0 && end + 2 === source.end && source.bytes[end] === BRACKET;
}

import type { HeartbeatsEvent } from '../messages/heartbeats.ts';
import type { FrameSource } from './frame-source.ts';
import { literal, matches } from './literal.ts';
import { addSpan, spanText, type Spans } from './spans.ts';
import { integerAt, integerEnd, textEnd } from './value-end.ts';

const CURRENT_TIME = literal('{"current_time":"');
const COUNTER = literal('","heartbeat_counter":');

/** Reads the event that stands at a position; where it ends, or -1 where it is not as expected. */
export function scanHeartbeatsEvent(source: FrameSource, position: number, spans: Spans): number {
  if (!matches(source, position, CURRENT_TIME)) return -1;
  const time = position + CURRENT_TIME.length;
  const quote = addSpan(spans, time, textEnd(source, time));
  if (quote < 0 || !matches(source, quote, COUNTER)) return -1;
  const counter = quote + COUNTER.length;
  const end = addSpan(spans, counter, integerEnd(source, counter));
  return end >= 0 && source.bytes[end] === 0x7d ? end + 1 : -1;
}

/** The event that a scan has marked. */
export function heartbeatsEvent(source: FrameSource, spans: Spans, text: string): HeartbeatsEvent {
  const { bytes, start } = source;
  const heartbeat_counter = integerAt(bytes, spans.positions[2]!, spans.positions[3]!);
  return { current_time: spanText(spans, 0, text, start), heartbeat_counter };
}

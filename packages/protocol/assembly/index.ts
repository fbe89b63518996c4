// The scanner: checks whether a frame is spelled exactly as the exchange's serialiser spells the frequent ones (its
// order of keys, no white space, no escapes, ASCII, one event), and gathers the values. Compiled to WebAssembly for
// vectors of 16 bytes; `src/fast-path/` builds messages from the values.
import { HEARTBEATS, INPUT, LEVEL2, MARKET_TRADES, NO_MATCH } from '../src/fast-path/scanner-layout';
import { channel, scanEnvelope } from './envelope';
import { resumeAt, setResumeAt, setValuesEnd } from './header';
import { scanHeartbeat } from './heartbeats';
import { AS_NUMBERS, AS_TEXT, resumeLevel2, scanLevel2, scanLevel2Beginning } from './level2';
import { scanMarketTrades } from './market-trades';
import { scanTicker } from './ticker';
import { clearValues, valuesLength } from './values';

const BRACKET: u8 = 0x5d;
/** `"}]}`: ends the last item, the list and the event. */
const EVENT_END: u32 = 0x7d5d_7d22;
/** `]}`: ends the events and the frame. */
const FRAME_END: u16 = 0x7d5d;
/** `]}]}` */
const LISTS_END: u32 = 0x7d5d_7d5d;

/** In every window but the last, reading stops within this many bytes of the end; a longer level does not match. */
const LONGEST_LEVEL: i32 = 1_024;
const NO_STOP: usize = usize.MAX_VALUE;

/**
 * Reads the first window of a frame: `length` bytes, the whole frame if it `isLast`. Returns the channel, or
 * `NO_MATCH`, which says nothing about the frame. If the header has a `RESUME_AT`, {@link resume} reads the rest.
 */
export function scan(length: i32, isLast: bool): i32 {
  const at = begin(length);
  if (at === 0) return NO_MATCH;
  if (channel === LEVEL2) return endsLevel2(scanLevel2(at, stopOf(length, isLast), AS_TEXT), length, isLast);
  return isLast && endsFrame(scanOther(at), length) ? channel : NO_MATCH;
}

/** Reads the next window. */
export function resume(length: i32, isLast: bool): i32 {
  beginWindow(length);
  return endsLevel2(resumeLevel2(stopOf(length, isLast), AS_TEXT), length, isLast);
}

/** {@link scan} with the levels as numbers; of other channels, only the envelope is read. */
export function scanNumbers(length: i32, isLast: bool): i32 {
  const at = begin(length);
  if (at === 0) return NO_MATCH;
  if (channel !== LEVEL2) return channel;
  return endsLevel2(scanLevel2(at, stopOf(length, isLast), AS_NUMBERS), length, isLast);
}

/** {@link resume} after {@link scanNumbers}. */
export function resumeNumbers(length: i32, isLast: bool): i32 {
  beginWindow(length);
  return endsLevel2(resumeLevel2(stopOf(length, isLast), AS_NUMBERS), length, isLast);
}

/**
 * Reads as much of a frame as determines its envelope and product.
 *
 * `JSON.parse` takes the last of two equal keys, so the beginning alone proves nothing. A level2 frame is proved by
 * its first `]` being the one of the final `]}]}`: both lists then stay open to the end, and no key in between can
 * belong to the event or the envelope. If the frame is larger than the window, the caller looks for that bracket,
 * starting at the header's `RESUME_AT`. Events of other channels are short and read whole.
 */
export function peek(length: i32, isLast: bool): i32 {
  const at = begin(length);
  if (at === 0) return NO_MATCH;
  if (channel !== LEVEL2) return isLast && endsFrame(scanOther(at), length) ? channel : NO_MATCH;
  const levels = scanLevel2Beginning(at);
  if (levels === 0) return NO_MATCH;
  if (!isLast) setResumeAt(<i32>(levels - INPUT));
  else if (!endsAtFirstBracket(levels, length)) return NO_MATCH;
  setValuesEnd(valuesLength());
  return LEVEL2;
}

function begin(length: i32): usize {
  beginWindow(length);
  return scanEnvelope();
}

/* @inline */ function beginWindow(length: i32): void {
  // No read passes a zero byte, so the rest of an earlier frame is never seen.
  v128.store(INPUT + length, i8x16.splat(0));
  setResumeAt(0);
  clearValues();
}

/* @inline */ function stopOf(length: i32, isLast: bool): usize {
  return isLast ? NO_STOP : INPUT + length - LONGEST_LEVEL;
}

function scanOther(at: usize): usize {
  if (channel === HEARTBEATS) return scanHeartbeat(at);
  return eventEnd(channel === MARKET_TRADES ? scanMarketTrades(at) : scanTicker(at));
}

/* @inline */ function eventEnd(quote: usize): usize {
  return quote !== 0 && load<u32>(quote) === EVENT_END ? quote + 4 : 0;
}

/* @inline */ function endsFrame(at: usize, length: i32): bool {
  setValuesEnd(valuesLength());
  return at !== 0 && at + 2 === INPUT + length && load<u16>(at) === FRAME_END;
}

/* @inline */ function endsLevel2(quote: usize, length: i32, isLast: bool): i32 {
  setValuesEnd(valuesLength());
  if (quote === 0) return NO_MATCH;
  return resumeAt() !== 0 || (isLast && endsFrame(eventEnd(quote), length)) ? LEVEL2 : NO_MATCH;
}

function endsAtFirstBracket(from: usize, length: i32): bool {
  const last: usize = INPUT + length - 4;
  for (let at = from; at <= last; at += 16) {
    const brackets = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>BRACKET)));
    if (brackets !== 0) return at + <usize>ctz(brackets) === last && load<u32>(last) === LISTS_END;
  }
  return false;
}

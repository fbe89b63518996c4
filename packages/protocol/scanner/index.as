// The scanner: finds out whether a frame is exactly as the exchange's serialiser writes the frequent ones (its order
// of keys, no white space, no escapes, ASCII, one event), and gathers its values. Compiled to WebAssembly for its
// vectors of 16 bytes; `src/expected-shape/` makes messages of what it has gathered.
import { HEARTBEATS, LEVEL2, MARKET_TRADES, UNEXPECTED } from './channel';
import { channel, scanEnvelope } from './envelope';
import { resumeAt, setResumeAt, setValuesEnd } from './header';
import { scanHeartbeat } from './heartbeats';
import { AS_NUMBERS, AS_TEXT, resumeLevel2, scanLevel2, scanLevel2Beginning } from './level2';
import { scanMarketTrades } from './market-trades';
import { INPUT } from './memory';
import { scanTicker } from './ticker';
import { clearValues, valuesLength } from './values';

export { HEADER, INPUT, MARKS, PRICES, PRICE_DECIMALS, SIDES, SIZES, SIZE_DECIMALS, VALUES, WINDOW } from './memory';

const BRACKET: u8 = 0x5d;
/** `"}]}`: ends the last item, the list and the event. */
const EVENT_END: u32 = 0x7d5d_7d22;
/** `]}`: ends the events and the frame. */
const FRAME_END: u16 = 0x7d5d;
/** `]}]}` */
const LISTS_END: u32 = 0x7d5d_7d5d;

/** A window that is not the last is read up to this many bytes before its end: a longer level is unexpected. */
const LONGEST_LEVEL: usize = 1_024;
const NO_STOP: usize = usize.MAX_VALUE;

/**
 * Reads a frame of which `length` bytes are in the window, and the rest too where this `isLast`. Returns its channel,
 * or `UNEXPECTED`, which says nothing about it. Where the header says so, the rest is to be read with `resume`.
 */
export function scan(length: i32, isLast: bool): i32 {
  const at = begin(length);
  if (at == 0) return UNEXPECTED;
  if (channel == LEVEL2) return endsLevel2(scanLevel2(at, stopOf(length, isLast), AS_TEXT), length, isLast);
  return isLast && endsFrame(scanOther(at), length) ? channel : UNEXPECTED;
}

/** Reads on in the next window. */
export function resume(length: i32, isLast: bool): i32 {
  beginWindow(length);
  return endsLevel2(resumeLevel2(stopOf(length, isLast), AS_TEXT), length, isLast);
}

/** {@link scan} for level2 as numbers; of other channels only the beginning is read. */
export function scanNumbers(length: i32, isLast: bool): i32 {
  const at = begin(length);
  if (at == 0) return UNEXPECTED;
  if (channel != LEVEL2) return channel;
  return endsLevel2(scanLevel2(at, stopOf(length, isLast), AS_NUMBERS), length, isLast);
}

/** {@link resume} after {@link scanNumbers}. */
export function resumeNumbers(length: i32, isLast: bool): i32 {
  beginWindow(length);
  return endsLevel2(resumeLevel2(stopOf(length, isLast), AS_NUMBERS), length, isLast);
}

/**
 * Reads a frame as far as that is enough to be sure of its envelope and product.
 *
 * `JSON.parse` takes the last of two equal keys, so the beginning alone proves nothing. The proof for level2 is that
 * the first `]` after the beginning is the one of the end, `]}]}`: then the two lists that are open at the beginning
 * stay open to the end, and no key in between can belong to the event or the envelope. Where this is not the last
 * window, the caller looks for it from where the header says. The other events are short and are read whole.
 */
export function peek(length: i32, isLast: bool): i32 {
  const at = begin(length);
  if (at == 0) return UNEXPECTED;
  if (channel != LEVEL2) return isLast && endsFrame(scanOther(at), length) ? channel : UNEXPECTED;
  const levels = scanLevel2Beginning(at);
  if (levels == 0) return UNEXPECTED;
  if (!isLast) setResumeAt(<i32>(levels - INPUT));
  else if (!endsAtFirstBracket(levels, length)) return UNEXPECTED;
  setValuesEnd(valuesLength());
  return LEVEL2;
}

function begin(length: i32): usize {
  beginWindow(length);
  return scanEnvelope();
}

@inline function beginWindow(length: i32): void {
  // Nothing reads past a zero byte: what the last frame has left is never seen.
  v128.store(INPUT + length, i8x16.splat(0));
  setResumeAt(0);
  clearValues();
}

@inline function stopOf(length: i32, isLast: bool): usize {
  return isLast ? NO_STOP : INPUT + length - LONGEST_LEVEL;
}

function scanOther(at: usize): usize {
  if (channel == HEARTBEATS) return scanHeartbeat(at);
  return eventEnd(channel == MARKET_TRADES ? scanMarketTrades(at) : scanTicker(at));
}

@inline function eventEnd(quote: usize): usize {
  return quote != 0 && load<u32>(quote) == EVENT_END ? quote + 4 : 0;
}

@inline function endsFrame(at: usize, length: i32): bool {
  setValuesEnd(valuesLength());
  return at != 0 && at + 2 == INPUT + length && load<u16>(at) == FRAME_END;
}

@inline function endsLevel2(quote: usize, length: i32, isLast: bool): i32 {
  setValuesEnd(valuesLength());
  if (quote == 0) return UNEXPECTED;
  return resumeAt() != 0 || (isLast && endsFrame(eventEnd(quote), length)) ? LEVEL2 : UNEXPECTED;
}

function endsAtFirstBracket(from: usize, length: i32): bool {
  const last = INPUT + length - 4;
  for (let at = from; at <= last; at += 16) {
    const brackets = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>BRACKET)));
    if (brackets != 0) return at + <usize>ctz(brackets) == last && load<u32>(last) == LISTS_END;
  }
  return false;
}

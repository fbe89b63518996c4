import type { FrameSource } from './frame-source.ts';
import { literal, matches, word } from './literal.ts';
import { timeEnd } from './time-end.ts';
import { decimalEnd, textEnd } from './value-end.ts';

/** What one event of `l2_data` says and where, once all of it has turned out to be as expected. */
export interface Level2Marks {
  type: 'snapshot' | 'update';
  productFrom: number;
  productTo: number;
  levels: number;
  /** 0 bid, 1 offer. */
  side: Uint8Array;
  /**
   * Four a level: where its time starts, or -1 where it is the time of the level before; where its price and its
   * size start; where its size ends.
   */
  positions: Int32Array;
}

export const POSITIONS_PER_LEVEL = 4;

const UPDATE = literal('{"type":"update","product_id":"');
const SNAPSHOT = literal('{"type":"snapshot","product_id":"');
const UPDATES = literal('","updates":[{"side":"');

// The text between the values of a level, as words that overlap at its end.
const BID_0 = word('bid","ev');
const BID_8 = word('ent_time');
const BID_11 = word('_time":"');
const OFFER_0 = word('offer","');
const OFFER_8 = word('event_ti');
const OFFER_13 = word('_time":"');
const OFFER_LENGTH = 'offer","event_time":"'.length;
const BID_LENGTH = 'bid","event_time":"'.length;
const PRICE_0 = word('","price');
const PRICE_8 = word('_level":');
const PRICE_9 = word('level":"');
/** From the end of a time to the start of the price. */
export const PRICE_LENGTH: number = '","price_level":"'.length;
const SIZE_0 = word('","new_q');
const SIZE_8 = word('uantity"');
const SIZE_10 = word('ntity":"');
/** From the end of a price to the start of the size. */
export const SIZE_LENGTH: number = '","new_quantity":"'.length;
const NEXT_0 = word('"},{"sid');
const NEXT_4 = word('"side":"');
/** A time with its quote is compared as four words, the last of which may overlap: 24 to 32 bytes. */
const TIME_BYTES = 32;
const SHORTEST_TIME = 23;
/** A level needs more than its longest side and a time: one look covers both. */
const LONGEST_GUARD = OFFER_LENGTH + TIME_BYTES;
const SHORTEST_LEVEL = BID_LENGTH + PRICE_LENGTH + SIZE_LENGTH;
const NEXT_LENGTH = '"},{"side":"'.length;

/** Marks to be used for one frame after the other. */
export function newLevel2Marks(): Level2Marks {
  const side = new Uint8Array(1024);
  const positions = new Int32Array(side.length * POSITIONS_PER_LEVEL);
  return { type: 'update', productFrom: 0, productTo: 0, levels: 0, side, positions };
}

/** Reads the event that stands at a position; where it ends, or -1 where it is not as expected. */
export function scanLevel2Event(source: FrameSource, position: number, marks: Level2Marks): number {
  const levels = scanLevel2Head(source, position, marks);
  const end = levels < 0 ? -1 : scanLevels(source, levels, marks);
  // What ends the last level, the list and the event: "}]}
  return end > 0 && end + 4 <= source.end && source.view.getInt32(end) === 0x22_7d_5d_7d ? end + 4 : -1;
}

/** Reads an event up to the value of the first side; where that is, or -1. */
export function scanLevel2Head(source: FrameSource, position: number, marks: Level2Marks): number {
  marks.type = matches(source, position, UPDATE) ? 'update' : 'snapshot';
  if (marks.type === 'snapshot' && !matches(source, position, SNAPSHOT)) return -1;
  marks.productFrom = position + (marks.type === 'update' ? UPDATE.length : SNAPSHOT.length);
  marks.productTo = textEnd(source, marks.productFrom);
  return marks.productTo >= 0 && matches(source, marks.productTo, UPDATES)
    ? marks.productTo + UPDATES.length
    : -1;
}

/**
 * Reads all levels from the value of the first side on; returns the quote that ends the last size. This is the
 * innermost loop of the package and written out for that: words without {@link matches}, and `| 0`, which spares a
 * check for overflow at every step.
 */
function scanLevels(source: FrameSource, position: number, marks: Level2Marks): number {
  const { bytes, view, end } = source;
  makeRoom(marks, (end - position) / SHORTEST_LEVEL);
  const { side, positions } = marks;
  let at = position | 0;
  let timeFrom = 0;
  let timeLength = 0;
  let level = 0;
  let index = 0;
  for (;;) {
    if (((at + LONGEST_GUARD) | 0) > end) return -1;
    if (view.getFloat64(at, true) === BID_0) {
      if (view.getFloat64((at + 8) | 0, true) !== BID_8 || view.getFloat64((at + 11) | 0, true) !== BID_11)
        return -1;
      side[level] = 0;
      at = (at + BID_LENGTH) | 0;
    } else {
      if (
        view.getFloat64(at, true) !== OFFER_0 ||
        view.getFloat64((at + 8) | 0, true) !== OFFER_8 ||
        view.getFloat64((at + 13) | 0, true) !== OFFER_13
      )
        return -1;
      side[level] = 1;
      at = (at + OFFER_LENGTH) | 0;
    }
    if (
      timeLength !== 0 &&
      view.getFloat64(at, true) === view.getFloat64(timeFrom, true) &&
      view.getFloat64((at + 8) | 0, true) === view.getFloat64((timeFrom + 8) | 0, true) &&
      view.getFloat64((at + 16) | 0, true) === view.getFloat64((timeFrom + 16) | 0, true) &&
      view.getFloat64((at + timeLength - 7) | 0, true) ===
        view.getFloat64((timeFrom + timeLength - 7) | 0, true)
    ) {
      positions[index] = -1;
      at = (at + timeLength) | 0;
    } else {
      timeFrom = at;
      positions[index] = at;
      at = timeEnd(source, at);
      if (at < 0) return -1;
      timeLength = (at - timeFrom) | 0;
      if (timeLength < SHORTEST_TIME || timeLength >= TIME_BYTES) timeLength = 0;
    }
    if (((at + PRICE_LENGTH) | 0) > end || view.getFloat64(at, true) !== PRICE_0) return -1;
    if (view.getFloat64((at + 8) | 0, true) !== PRICE_8 || view.getFloat64((at + 9) | 0, true) !== PRICE_9)
      return -1;
    at = (at + PRICE_LENGTH) | 0;
    positions[(index + 1) | 0] = at;
    at = decimalEnd(bytes, at);
    if (at < 0 || ((at + SIZE_LENGTH) | 0) > end || view.getFloat64(at, true) !== SIZE_0) return -1;
    if (view.getFloat64((at + 8) | 0, true) !== SIZE_8 || view.getFloat64((at + 10) | 0, true) !== SIZE_10)
      return -1;
    at = (at + SIZE_LENGTH) | 0;
    positions[(index + 2) | 0] = at;
    at = decimalEnd(bytes, at);
    if (at < 0) return -1;
    positions[(index + 3) | 0] = at;
    index = (index + POSITIONS_PER_LEVEL) | 0;
    level = (level + 1) | 0;
    if (((at + NEXT_LENGTH) | 0) > end || view.getFloat64(at, true) !== NEXT_0) break;
    if (view.getFloat64((at + 4) | 0, true) !== NEXT_4) return -1;
    at = (at + NEXT_LENGTH) | 0;
  }
  marks.levels = level;
  return at;
}

/** Before the loop, which can then keep the arrays in registers. */
function makeRoom(marks: Level2Marks, levels: number): void {
  if (levels < marks.side.length) return;
  const length = Math.ceil(levels) * 2;
  marks.side = new Uint8Array(length);
  marks.positions = new Int32Array(length * POSITIONS_PER_LEVEL);
}

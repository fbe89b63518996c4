import type { Level2Batch } from '../level2-batch.ts';
import { newScannedEnvelope, scanEnvelope } from './envelope.ts';
import { letGo, newFrameSource, copyFrom } from './frame-source.ts';
import { newLevel2Marks, POSITIONS_PER_LEVEL, scanLevel2Event, SIZE_LENGTH } from './level2-scan.ts';
import { productText } from './product-texts.ts';

/** The arrays of a batch, which grow with the largest frame. */
export interface Level2Columns {
  side: Uint8Array;
  price: Float64Array;
  priceDecimals: Uint8Array;
  size: Float64Array;
  sizeDecimals: Uint8Array;
}

/** Columns to be used for one frame after the other. */
export function newLevel2Columns(): Level2Columns {
  return columnsOf(1024);
}

/** Makes room for a number of levels; what the columns held is gone. */
export function roomFor(columns: Level2Columns, levels: number): void {
  if (levels > columns.side.length) Object.assign(columns, columnsOf(levels * 2));
}

function columnsOf(length: number): Level2Columns {
  return {
    side: new Uint8Array(length),
    price: new Float64Array(length),
    priceDecimals: new Uint8Array(length),
    size: new Float64Array(length),
    sizeDecimals: new Uint8Array(length),
  };
}

// Scratch memory of one synchronous call after the other.
const source = newFrameSource();
const envelope = newScannedEnvelope();
const marks = newLevel2Marks();

const POINT = 0x2e;
const MINUS = 0x2d;
const ZERO = 0x30;
const BRACKET = 0x5d;

/**
 * Reads a frame of `l2_data` that has the expected shape; `undefined` for a frame that begins as expected for another
 * channel, `unexpected` for every other.
 */
export function readLevel2Columns(
  frame: Uint8Array,
  columns: Level2Columns,
): Level2Batch | 'unexpected' | undefined {
  if (!copyFrom(source, frame)) return 'unexpected';
  const batch = scanEnvelope(source, envelope) ? readEvent(columns) : 'unexpected';
  letGo(source);
  return batch;
}

function readEvent(columns: Level2Columns): Level2Batch | 'unexpected' | undefined {
  if (envelope.channel !== 'l2_data') return undefined;
  return isExpected() && putLevels(columns) ? batchOf(columns) : 'unexpected';
}

function isExpected(): boolean {
  const end = scanLevel2Event(source, envelope.eventsFrom, marks);
  return end >= 0 && end + 2 === source.end && source.bytes[end] === BRACKET;
}

function batchOf({ side, price, priceDecimals, size, sizeDecimals }: Level2Columns): Level2Batch {
  const { type, productFrom, productTo, levels } = marks;
  const productId = productText(source.bytes, productFrom, productTo);
  const events = [{ type, productId, from: 0, to: levels }];
  return { sequence: envelope.sequence, events, side, price, priceDecimals, size, sizeDecimals };
}

function putLevels(columns: Level2Columns): boolean {
  const { levels, positions } = marks;
  roomFor(columns, levels);
  const { side } = columns;
  const prices = { integers: columns.price, decimals: columns.priceDecimals };
  const sizes = { integers: columns.size, decimals: columns.sizeDecimals };
  for (let level = 0; level < levels; level += 1) {
    side[level] = marks.side[level]!;
    const index = level * POSITIONS_PER_LEVEL;
    const sizeFrom = positions[index + 2]!;
    if (!putDecimal(prices, level, positions[index + 1]!, sizeFrom - SIZE_LENGTH)) return false;
    if (!putDecimal(sizes, level, sizeFrom, positions[index + 3]!)) return false;
  }
  return true;
}

interface DecimalColumn {
  readonly integers: Float64Array;
  readonly decimals: Uint8Array;
}

/** This many digits fit 32 bits, whose arithmetic is faster than that of doubles. */
const FAST_DIGITS = 9;
/** 16 digits and a point: no more than a double's rounding can be told apart from the limit of 2^53 - 1. */
const LONGEST = 17;

/** Writes the digits between two positions, which are known to be a decimal; false where the column cannot hold it. */
function putDecimal({ integers, decimals }: DecimalColumn, level: number, from: number, to: number): boolean {
  const { bytes } = source;
  if (to - from > LONGEST || bytes[from] === MINUS) return false;
  let point = to - 1;
  let at = from;
  let head = 0;
  for (const headTo = Math.min(to, from + FAST_DIGITS); at < headTo; at += 1) {
    const byte = bytes[at]!;
    if (byte === POINT) point = at;
    else head = (Math.imul(head, 10) + byte - ZERO) | 0;
  }
  let value = head;
  for (; at < to; at += 1) {
    const byte = bytes[at]!;
    if (byte === POINT) point = at;
    else value = value * 10 + (byte - ZERO);
  }
  integers[level] = value;
  decimals[level] = to - 1 - point;
  return value <= Number.MAX_SAFE_INTEGER;
}

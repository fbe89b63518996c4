import type { Level2Batch } from './level2-batch.ts';
import { productText } from './product-texts.ts';
import { readFrom, theScanner, type Scanner } from './scanner.ts';
import {
  COUNT,
  IS_SNAPSHOT,
  LEVEL2,
  NO_MATCH,
  PRODUCT_END,
  RESUME_AT,
  SEQUENCE,
  TIMESTAMP_END,
  VALUES,
} from './scanner-layout.ts';

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

/** Makes room for a number of levels; what the columns hold stays. */
export function makeRoom(columns: Level2Columns, levels: number): void {
  if (levels <= columns.side.length) return;
  const larger = columnsOf(levels * 2);
  larger.side.set(columns.side);
  larger.price.set(columns.price);
  larger.priceDecimals.set(columns.priceDecimals);
  larger.size.set(columns.size);
  larger.sizeDecimals.set(columns.sizeDecimals);
  Object.assign(columns, larger);
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

/**
 * Reads a frame of `l2_data` that has the expected shape and numbers that the columns can hold; `undefined` for a frame
 * that begins as expected for another channel, `unexpected` for every other.
 */
export function readLevel2Columns(
  frame: Uint8Array,
  columns: Level2Columns,
): Level2Batch | 'unexpected' | undefined {
  const scanner = theScanner();
  if (scanner === undefined) return 'unexpected';
  const found = readFrom(scanner, scanner.scanNumbers, frame, 0);
  if (found === NO_MATCH) return 'unexpected';
  return found === LEVEL2 ? batchOf(scanner, frame, columns) : undefined;
}

function batchOf(scanner: Scanner, frame: Uint8Array, columns: Level2Columns): Level2Batch | 'unexpected' {
  const { header, bytes } = scanner;
  const sequence = scanner.numbers[SEQUENCE]!;
  const type = header[IS_SNAPSHOT] === 0 ? 'update' : 'snapshot';
  const productId = productText(bytes, VALUES + header[TIMESTAMP_END]!, VALUES + header[PRODUCT_END]!);
  let to = addLevels(scanner, columns, 0);
  for (let position = header[RESUME_AT]!, next = position; next > 0; position += next) {
    if (readFrom(scanner, scanner.resumeNumbers, frame, position) === NO_MATCH) return 'unexpected';
    to = addLevels(scanner, columns, to);
    next = header[RESUME_AT]!;
  }
  const { side, price, priceDecimals, size, sizeDecimals } = columns;
  const events = [{ type, productId, from: 0, to } as const];
  return { sequence, events, side, price, priceDecimals, size, sizeDecimals };
}

/** Adds the levels of the window; how many there are now. */
function addLevels(scanner: Scanner, columns: Level2Columns, from: number): number {
  const to = from + scanner.header[COUNT]!;
  makeRoom(columns, to);
  const { side, price, priceDecimals, size, sizeDecimals } = columns;
  for (let level = from, index = 0; level < to; level += 1, index += 1) {
    side[level] = scanner.sides[index]!;
    price[level] = scanner.prices[index]!;
    priceDecimals[level] = scanner.priceDecimals[index]!;
    size[level] = scanner.sizes[index]!;
    sizeDecimals[level] = scanner.sizeDecimals[index]!;
  }
  return to;
}

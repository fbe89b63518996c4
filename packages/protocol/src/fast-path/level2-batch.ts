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

/**
 * The levels of one frame as columns. The arrays belong to the decoder, may be longer than the frame has levels, and
 * are overwritten by its next call. The exact value of a price is `price[i] / 10 ** priceDecimals[i]`; every integer is
 * from 0 to 2^53 - 1.
 */
export interface Level2Batch {
  readonly sequence: number;
  readonly events: readonly Level2BatchEvent[];
  /** 0 bid, 1 offer. */
  readonly side: Uint8Array;
  readonly price: Float64Array;
  readonly priceDecimals: Uint8Array;
  /** 0 deletes the level. */
  readonly size: Float64Array;
  readonly sizeDecimals: Uint8Array;
}

/** One event of a {@link Level2Batch}: its levels are `from` (inclusive) to `to` (exclusive). */
export interface Level2BatchEvent {
  readonly type: 'snapshot' | 'update';
  readonly productId: string;
  readonly from: number;
  readonly to: number;
}

/** The arrays of a batch; they grow to fit the largest frame. */
interface Level2Columns {
  side: Uint8Array;
  price: Float64Array;
  priceDecimals: Uint8Array;
  size: Float64Array;
  sizeDecimals: Uint8Array;
}

/**
 * Creates a decoder for level2 frames in the exchange's own spelling, with arrays of its own. Returns `undefined` for
 * every other frame: one of another channel, one spelled otherwise, one with a number that the columns cannot hold
 * (negative, or more than 2^53 - 1 without the point), and everything where the runtime has no WebAssembly with
 * vectors. Use {@link decode} for those.
 *
 * @example
 * ```ts
 * const decodeBatch = createLevel2Decoder();
 * const batch = decodeBatch(frame);
 * if (batch === undefined) console.log(decode(frame).kind);
 * else for (const { productId, from, to } of batch.events) console.log(productId, batch.price.subarray(from, to));
 * ```
 */
export function createLevel2Decoder(): (frame: Uint8Array) => Level2Batch | undefined {
  const columns = columnsOf(1024);
  return (frame) => {
    const scanner = theScanner();
    if (scanner === undefined) return undefined;
    const found = readFrom(scanner, scanner.scanNumbers, frame, 0);
    return found === LEVEL2 ? batchOf(scanner, frame, columns) : undefined;
  };
}

/** Grows the columns to hold a number of levels; keeps their contents. */
function makeRoom(columns: Level2Columns, levels: number): void {
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

function batchOf(scanner: Scanner, frame: Uint8Array, columns: Level2Columns): Level2Batch | undefined {
  const { header, bytes } = scanner;
  const sequence = scanner.numbers[SEQUENCE]!;
  const type = header[IS_SNAPSHOT] === 0 ? 'update' : 'snapshot';
  const productId = productText(bytes, VALUES + header[TIMESTAMP_END]!, VALUES + header[PRODUCT_END]!);
  let to = addLevels(scanner, columns, 0);
  for (let position = header[RESUME_AT]!, next = position; next > 0; position += next) {
    if (readFrom(scanner, scanner.resumeNumbers, frame, position) === NO_MATCH) return undefined;
    to = addLevels(scanner, columns, to);
    next = header[RESUME_AT]!;
  }
  const { side, price, priceDecimals, size, sizeDecimals } = columns;
  const events = [{ type, productId, from: 0, to } as const];
  return { sequence, events, side, price, priceDecimals, size, sizeDecimals };
}

/** Appends the levels of the window; returns how many there are now. */
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

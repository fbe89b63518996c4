import { decode } from './decode.ts';
import { parseDecimal } from './decimal.ts';
import type { Level2Event } from './messages/level2.ts';

/**
 * The levels of one frame as columns. The arrays are longer than the levels and belong to the decoder: they are
 * overwritten by its next call. A value is `price[i] / 10 ** priceDecimals[i]`, exactly; every integer is at most
 * 2^53 - 1.
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

/** One event of a {@link Level2Batch}: its levels are those from `from` up to, not including, `to`. */
export interface Level2BatchEvent {
  readonly type: 'snapshot' | 'update';
  readonly productId: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Makes a decoder with arrays of its own. It returns `undefined` for everything that is not a valid frame of
 * `l2_data`, and for one with a side, a type or a number that the columns cannot hold: decode that one.
 */
export function createLevel2Decoder(): (frame: Uint8Array) => Level2Batch | undefined {
  let columns = newColumns(1024);
  return (frame) => {
    const decoded = decode(frame);
    if (decoded.kind !== 'message' || decoded.channel !== 'l2_data') return undefined;
    const levels = decoded.message.events.reduce((sum, event) => sum + event.updates.length, 0);
    if (levels > columns.side.length) columns = newColumns(levels * 2);
    const events = fill(columns, decoded.message.events);
    return events && { sequence: decoded.sequence, events, ...columns };
  };
}

/** {@link createLevel2Decoder} with one decoder for the whole process: use the batch before the next call. */
export const decodeLevel2: (frame: Uint8Array) => Level2Batch | undefined = createLevel2Decoder();

type Columns = Omit<Level2Batch, 'sequence' | 'events'>;

function newColumns(length: number): Columns {
  return {
    side: new Uint8Array(length),
    price: new Float64Array(length),
    priceDecimals: new Uint8Array(length),
    size: new Float64Array(length),
    sizeDecimals: new Uint8Array(length),
  };
}

function fill(columns: Columns, events: readonly Level2Event[]): Level2BatchEvent[] | undefined {
  const filled: Level2BatchEvent[] = [];
  let level = 0;
  for (const { type: openType, product_id: productId, updates } of events) {
    const type = (['snapshot', 'update'] as const).find((known) => known === openType);
    if (type === undefined) return undefined;
    const from = level;
    for (const { side, price_level, new_quantity } of updates) {
      if (side !== 'bid' && side !== 'offer') return undefined;
      columns.side[level] = side === 'bid' ? 0 : 1;
      if (!put(columns.price, columns.priceDecimals, level, price_level)) return undefined;
      if (!put(columns.size, columns.sizeDecimals, level, new_quantity)) return undefined;
      level += 1;
    }
    filled.push({ type, productId, from, to: level });
  }
  return filled;
}

function put(integers: Float64Array, decimals: Uint8Array, index: number, text: string): boolean {
  const parsed = parseDecimal(text);
  if (parsed.integer < 0n || parsed.integer > BigInt(Number.MAX_SAFE_INTEGER) || parsed.decimals > 255)
    return false;
  integers[index] = Number(parsed.integer);
  decimals[index] = parsed.decimals;
  return true;
}

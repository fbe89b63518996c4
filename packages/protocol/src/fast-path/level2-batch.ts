import { decode } from '../decode.ts';
import { parseDecimal } from '../values/decimal.ts';
import { newLevel2Columns, readLevel2Columns, makeRoom, type Level2Columns } from './level2-columns.ts';
import type { Level2Event } from '../messages/level2.ts';

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
 * `l2_data`, and for one with a side, a type or a number that the columns cannot hold (an unknown word, a negative
 * number, more than 2^53 - 1 without the point): use {@link decode} for that one.
 */
export function createLevel2Decoder(): (frame: Uint8Array) => Level2Batch | undefined {
  const columns = newLevel2Columns();
  return (frame) => {
    const batch = readLevel2Columns(frame, columns);
    return batch === 'unexpected' ? fromMessage(frame, columns) : batch;
  };
}

/** {@link createLevel2Decoder} with one decoder for the whole process: use a batch before the next call. */
export const decodeLevel2: (frame: Uint8Array) => Level2Batch | undefined = createLevel2Decoder();

function fromMessage(frame: Uint8Array, columns: Level2Columns): Level2Batch | undefined {
  const decoded = decode(frame);
  if (decoded.kind !== 'message' || decoded.channel !== 'l2_data') return undefined;
  const { events: decodedEvents } = decoded.message;
  makeRoom(
    columns,
    decodedEvents.reduce((sum, event) => sum + event.updates.length, 0),
  );
  const events: Level2BatchEvent[] = [];
  let from = 0;
  for (const event of decodedEvents) {
    const type = (['snapshot', 'update'] as const).find((known) => known === event.type);
    if (type === undefined || !putLevels(event, columns, from)) return undefined;
    const to = from + event.updates.length;
    events.push({ type, productId: event.product_id, from, to });
    from = to;
  }
  const { side, price, priceDecimals, size, sizeDecimals } = columns;
  return { sequence: decoded.sequence, events, side, price, priceDecimals, size, sizeDecimals };
}

function putLevels({ updates }: Level2Event, columns: Level2Columns, from: number): boolean {
  return updates.every(({ side, price_level, new_quantity }, index) => {
    const level = from + index;
    if (side !== 'bid' && side !== 'offer') return false;
    columns.side[level] = side === 'bid' ? 0 : 1;
    return (
      putDecimal(columns.price, columns.priceDecimals, level, price_level) &&
      putDecimal(columns.size, columns.sizeDecimals, level, new_quantity)
    );
  });
}

function putDecimal(integers: Float64Array, decimals: Uint8Array, index: number, text: string): boolean {
  const parsed = parseDecimal(text);
  if (text.startsWith('-') || parsed.integer > BigInt(Number.MAX_SAFE_INTEGER) || parsed.decimals > 255)
    return false;
  integers[index] = Number(parsed.integer);
  decimals[index] = parsed.decimals;
  return true;
}

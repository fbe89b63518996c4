import type { Level2Event } from '@feedtape/protocol';
import { MOST_DECIMALS, type UnsignedDecimal, readDecimal } from './unsigned-decimal.ts';
import { type SnapshotTime, isEarlier } from './event-time.ts';

export const BID = 0;
export const OFFER = 1;

/** Levels in columns, as the batches of `@feedtape/protocol` have them. */
export interface LevelColumns {
  /** {@link BID} or {@link OFFER}. */
  readonly side: Uint8Array;
  /** An exact integer: the price is `price / 10 ** priceDecimals`. NaN if it is in `wide`. */
  readonly price: Float64Array;
  readonly priceDecimals: Uint8Array;
  readonly size: Float64Array;
  readonly sizeDecimals: Uint8Array;
  /** Integers above 2^53-1: prices by the index of their level, sizes by its bitwise complement. */
  readonly wide?: ReadonlyMap<number, bigint>;
}

/** Whether no level has more decimals than a book keeps; {@link EventReader} checks the same for events. */
export function decimalsFit(
  { priceDecimals, sizeDecimals }: LevelColumns,
  from: number,
  to: number,
): boolean {
  for (let index = from; index < to; index += 1)
    if (priceDecimals[index]! > MOST_DECIMALS || sizeDecimals[index]! > MOST_DECIMALS) return false;
  return true;
}

/** The levels of one event, at the start of the columns. */
interface ReadEvent {
  readonly columns: LevelColumns;
  readonly levels: number;
}

/** Converts decoded events to columns, which are valid until the next event is read. */
export class EventReader {
  #columns: LevelColumns = columns(64);
  readonly #wide = new Map<number, bigint>();
  readonly #decimal: UnsignedDecimal = { value: 0, decimals: 0, wide: 0n };

  /**
   * The levels of an event, without those earlier than `since`; `undefined` if one is not a side with two unsigned
   * decimals.
   */
  read({ updates }: Level2Event, since?: SnapshotTime): ReadEvent | undefined {
    this.#wide.clear();
    if (updates.length > this.#columns.side.length) this.#columns = columns(updates.length * 2);
    const { side, price, priceDecimals, size, sizeDecimals } = this.#columns;
    let levels = 0;
    let time = '';
    let isOld = false;
    for (const level of updates) {
      // A frame repeats one time on all its levels.
      if (since !== undefined && level.event_time !== time) {
        time = level.event_time;
        isOld = isEarlier(time, since);
      }
      if (isOld) continue;
      if (level.side !== 'bid' && level.side !== 'offer') return undefined;
      side[levels] = level.side === 'bid' ? BID : OFFER;
      if (!this.#put(price, priceDecimals, levels, level.price_level)) return undefined;
      if (Number.isNaN(price[levels])) this.#wide.set(levels, this.#decimal.wide);
      if (!this.#put(size, sizeDecimals, levels, level.new_quantity)) return undefined;
      if (Number.isNaN(size[levels])) this.#wide.set(~levels, this.#decimal.wide);
      levels += 1;
    }
    const read = this.#wide.size === 0 ? this.#columns : { ...this.#columns, wide: this.#wide };
    return { columns: read, levels };
  }

  #put(values: Float64Array, decimals: Uint8Array, index: number, text: string): boolean {
    if (!readDecimal(text, this.#decimal)) return false;
    values[index] = this.#decimal.value;
    decimals[index] = this.#decimal.decimals;
    return true;
  }
}

const columns = (levels: number): LevelColumns => ({
  side: new Uint8Array(levels),
  price: new Float64Array(levels),
  priceDecimals: new Uint8Array(levels),
  size: new Float64Array(levels),
  sizeDecimals: new Uint8Array(levels),
});

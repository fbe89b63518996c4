import { type Level2Event, hasTime, parseTimestamp } from '@feedtape/protocol';
import { type UnsignedDecimal, readDecimal } from './decimal.ts';

export const BID = 0;
export const OFFER = 1;

/** Levels in columns, the shape that the fast decoder of `@feedtape/protocol` fills straight from the bytes. */
export interface LevelColumns {
  /** {@link BID} or {@link OFFER}. */
  readonly side: Uint8Array;
  /** An exact integer; the price is `price / 10 ** priceDecimals`. NaN where it stands in `wide`. */
  readonly price: Float64Array;
  readonly priceDecimals: Uint8Array;
  readonly size: Float64Array;
  readonly sizeDecimals: Uint8Array;
  /** What does not fit 2^53-1: prices under the level's index, sizes under its bitwise complement. */
  readonly wide?: ReadonlyMap<number, bigint>;
}

/** The levels of one event, at the front of their columns. */
interface ReadEvent {
  readonly columns: LevelColumns;
  readonly levels: number;
  /** The newest time on the event's levels, in nanoseconds; absent when none has a time. */
  readonly at?: bigint;
}

/** Turns the decimal strings of decoded events into columns, which are good until the next event is read. */
export class EventReader {
  #columns: LevelColumns = columns(64);
  readonly #wide = new Map<number, bigint>();
  readonly #decimal: UnsignedDecimal = { value: 0, decimals: 0, wide: 0n };
  #timeText = '';
  #time: bigint | undefined;

  /**
   * The event's levels without those that are older than a time; `undefined` when one of them is not a side
   * with two unsigned decimals.
   */
  read({ updates }: Level2Event, notBefore?: bigint): ReadEvent | undefined {
    this.#wide.clear();
    if (updates.length > this.#columns.side.length) this.#columns = columns(updates.length * 2);
    const { side, price, priceDecimals, size, sizeDecimals } = this.#columns;
    let levels = 0;
    let newest: bigint | undefined;
    for (const level of updates) {
      const time = this.#timeOf(level.event_time);
      if (time !== undefined && notBefore !== undefined && time < notBefore) continue;
      if (time !== undefined && (newest === undefined || time > newest)) newest = time;
      if (level.side !== 'bid' && level.side !== 'offer') return undefined;
      side[levels] = level.side === 'bid' ? BID : OFFER;
      if (!this.#put(price, priceDecimals, levels, level.price_level)) return undefined;
      if (Number.isNaN(price[levels])) this.#wide.set(levels, this.#decimal.wide);
      if (!this.#put(size, sizeDecimals, levels, level.new_quantity)) return undefined;
      if (Number.isNaN(size[levels])) this.#wide.set(~levels, this.#decimal.wide);
      levels += 1;
    }
    const read = this.#wide.size === 0 ? this.#columns : { ...this.#columns, wide: this.#wide };
    return newest === undefined ? { columns: read, levels } : { columns: read, levels, at: newest };
  }

  #put(values: Float64Array, decimals: Uint8Array, index: number, text: string): boolean {
    if (!readDecimal(text, this.#decimal)) return false;
    values[index] = this.#decimal.value;
    decimals[index] = this.#decimal.decimals;
    return true;
  }

  /** A frame repeats one time on all its levels, so the last one is remembered. */
  #timeOf(text: string): bigint | undefined {
    if (text === this.#timeText) return this.#time;
    this.#timeText = text;
    this.#time = momentOf(text);
    return this.#time;
  }
}

function momentOf(text: string): bigint | undefined {
  try {
    return hasTime(text) ? parseTimestamp(text) : undefined;
  } catch {
    // Only used to notice what is old: a time that cannot be read tells nothing about that.
    return undefined;
  }
}

const columns = (levels: number): LevelColumns => ({
  side: new Uint8Array(levels),
  price: new Float64Array(levels),
  priceDecimals: new Uint8Array(levels),
  size: new Float64Array(levels),
  sizeDecimals: new Uint8Array(levels),
});

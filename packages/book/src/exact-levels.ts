import { BlockLadder } from './block-ladder.ts';
import { MOST_DECIMALS, POWERS_OF_TEN } from './unsigned-decimal.ts';
import type { Ladder } from './ladder.ts';
import { BID, type LevelColumns, OFFER } from './level-columns.ts';
import { sortLevels } from './sorted-levels.ts';
import { WideLadder } from './wide-ladder.ts';

const NOTHING = new Float64Array(0);

/** One side as integers of one scale. */
export interface ScaledSide {
  /** Factor from price to key, so that the best price is the highest key on both sides. */
  readonly sign: 1 | -1;
  readonly ladder: Ladder<number> | Ladder<bigint>;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
}

/**
 * Both sides of a book, exact. Prices and sizes are integers, each at the finest scale seen so far; a finer decimal
 * rescales the book. If an integer would exceed 2^53-1, the book uses integers of any size until the next snapshot:
 * slower, never rounded.
 */
export class ExactLevels {
  #priceDecimals = 0;
  #sizeDecimals = 0;
  readonly #bids = new BlockLadder();
  readonly #offers = new BlockLadder();
  #wide: { readonly bids: WideLadder; readonly offers: WideLadder } | undefined;

  get bids(): ScaledSide {
    return this.#side(1, this.#wide?.bids ?? this.#bids);
  }

  get offers(): ScaledSide {
    return this.#side(-1, this.#wide?.offers ?? this.#offers);
  }

  /** Sets the level at an index of the columns, or deletes it at size 0. */
  set(columns: LevelColumns, index: number): void {
    if (this.#wide === undefined) {
      if (this.#setNarrow(columns, index)) return;
      this.#widen(widened(this.bids), widened(this.offers));
    }
    this.#setWide(columns, index);
  }

  /** Replaces all levels by those from one index to another, exclusive. */
  load(columns: LevelColumns, from: number, to: number): void {
    this.#wide = undefined;
    this.#priceDecimals = largest(columns.priceDecimals, from, to);
    this.#sizeDecimals = largest(columns.sizeDecimals, from, to);
    if (this.#loadNarrow(columns, from, to)) return;
    const bids = new Map<bigint, bigint>();
    const offers = new Map<bigint, bigint>();
    for (let index = from; index < to; index += 1) {
      const { key, size } = wideLevel(columns, index);
      const levels = columns.side[index] === BID ? bids : offers;
      if (size === 0n) levels.delete(key);
      else levels.set(key, size);
    }
    this.#widen(new WideLadder(bids), new WideLadder(offers));
  }

  #widen(bids: WideLadder, offers: WideLadder): void {
    this.#wide = { bids, offers };
    for (const side of [this.#bids, this.#offers]) side.load(NOTHING, NOTHING, 0);
  }

  #side(sign: 1 | -1, ladder: BlockLadder | WideLadder): ScaledSide {
    return this.#wide === undefined
      ? { sign, ladder, priceDecimals: this.#priceDecimals, sizeDecimals: this.#sizeDecimals }
      : { sign, ladder, priceDecimals: MOST_DECIMALS, sizeDecimals: MOST_DECIMALS };
  }

  #setNarrow(columns: LevelColumns, index: number): boolean {
    const offer = columns.side[index] === OFFER;
    const ladder = offer ? this.#offers : this.#bids;
    let size = columns.size[index]!;
    let price = rescaled(columns.price[index]!, columns.priceDecimals[index]!, this.#priceDecimals);
    if (size === 0) {
      // A price that the scale cannot say is not held, so that there is nothing to delete.
      if (!Number.isNaN(price)) ladder.delete(offer ? -price : price);
      return true;
    }
    size = rescaled(size, columns.sizeDecimals[index]!, this.#sizeDecimals);
    if (Number.isNaN(price) || Number.isNaN(size)) {
      if (!this.#refine(columns.priceDecimals[index]!, columns.sizeDecimals[index]!)) return false;
      price = rescaled(columns.price[index]!, columns.priceDecimals[index]!, this.#priceDecimals);
      size = rescaled(columns.size[index]!, columns.sizeDecimals[index]!, this.#sizeDecimals);
      if (Number.isNaN(price) || Number.isNaN(size)) return false;
    }
    ladder.set(offer ? -price : price, size);
    return true;
  }

  /** Changes to finer scales; false, with nothing changed, if a level would not fit. */
  #refine(priceDecimals: number, sizeDecimals: number): boolean {
    const keyPower = Math.max(0, priceDecimals - this.#priceDecimals);
    const sizePower = Math.max(0, sizeDecimals - this.#sizeDecimals);
    const sides = [this.#bids, this.#offers];
    for (const side of sides) {
      const { key, size } = side.largest();
      if (Number.isNaN(shifted(key, keyPower)) || Number.isNaN(shifted(size, sizePower))) return false;
    }
    for (const side of sides) side.scale(POWERS_OF_TEN[keyPower] ?? 1, POWERS_OF_TEN[sizePower] ?? 1);
    this.#priceDecimals += keyPower;
    this.#sizeDecimals += sizePower;
    return true;
  }

  #setWide(columns: LevelColumns, index: number): void {
    const { key, size } = wideLevel(columns, index);
    const ladder = columns.side[index] === BID ? this.#wide?.bids : this.#wide?.offers;
    if (size === 0n) ladder?.delete(key);
    else ladder?.set(key, size);
  }

  #loadNarrow(columns: LevelColumns, from: number, to: number): boolean {
    let bids = 0;
    for (let index = from; index < to; index += 1) if (columns.side[index] === BID) bids += 1;
    const keys = new Float64Array(to - from);
    const sizes = new Float64Array(to - from);
    let [bid, offer] = [0, bids];
    for (let index = from; index < to; index += 1) {
      const price = rescaled(columns.price[index]!, columns.priceDecimals[index]!, this.#priceDecimals);
      const size = rescaled(columns.size[index]!, columns.sizeDecimals[index]!, this.#sizeDecimals);
      if (Number.isNaN(price) || Number.isNaN(size)) return false;
      const isBid = columns.side[index] === BID;
      const place = isBid ? bid++ : offer++;
      keys[place] = isBid ? price : -price;
      sizes[place] = size;
    }
    loadSide(this.#bids, keys.subarray(0, bids), sizes.subarray(0, bids));
    loadSide(this.#offers, keys.subarray(bids), sizes.subarray(bids));
    return true;
  }
}

function loadSide(ladder: BlockLadder, keys: Float64Array, sizes: Float64Array): void {
  ladder.load(keys, sizes, sortLevels(keys, sizes));
}

/** `value` with `power` more decimals; NaN if that is inexact. */
function shifted(value: number, power: number): number {
  if (value === 0) return 0;
  const result = value * (POWERS_OF_TEN[power] ?? Number.NaN);
  return result <= Number.MAX_SAFE_INTEGER ? result : Number.NaN;
}

/** Converts an integer from one scale to another; NaN if that is inexact. */
function rescaled(value: number, decimals: number, wanted: number): number {
  if (decimals === wanted) return value;
  if (decimals < wanted) return shifted(value, wanted - decimals);
  if (value === 0) return 0;
  const factor = POWERS_OF_TEN[decimals - wanted] ?? Number.NaN;
  return value % factor === 0 ? value / factor : Number.NaN;
}

function largest(decimals: Uint8Array, from: number, to: number): number {
  let result = 0;
  for (let index = from; index < to; index += 1) result = Math.max(result, decimals[index]!);
  return result;
}

function wideLevel(columns: LevelColumns, index: number): { key: bigint; size: bigint } {
  const price = columns.wide?.get(index) ?? BigInt(columns.price[index]!);
  const size = columns.wide?.get(~index) ?? BigInt(columns.size[index]!);
  const key = price * 10n ** BigInt(MOST_DECIMALS - columns.priceDecimals[index]!);
  return {
    key: columns.side[index] === BID ? key : -key,
    size: size * 10n ** BigInt(MOST_DECIMALS - columns.sizeDecimals[index]!),
  };
}

function widened({ ladder, priceDecimals, sizeDecimals }: ScaledSide): WideLadder {
  const keyFactor = 10n ** BigInt(MOST_DECIMALS - priceDecimals);
  const sizeFactor = 10n ** BigInt(MOST_DECIMALS - sizeDecimals);
  const levels = new Map<bigint, bigint>();
  for (const [key, size] of ladder.entries()) levels.set(BigInt(key) * keyFactor, BigInt(size) * sizeFactor);
  return new WideLadder(levels);
}

import type { Product } from './product-catalog.ts';
import { below, type Random } from '../model/random.ts';
import { decimalText } from './wire-text.ts';

// The market's own book, deliberately unlike @feedtape/book: an oracle shares no code with what it judges. Prices are a
// fixed row of slots; slots below the spread are bids, those above are offers; an order changes the size of a slot.

/** Levels to publish, valid until the next flush. */
export interface LevelChanges {
  /** Slots: `bids` bids from the best down, then offers from the best up, `count` together. */
  readonly slots: Int32Array;
  readonly bids: number;
  readonly count: number;
}

export type BookSide = 'bid' | 'offer';

const NONE = 0;
const BID = 1;
const OFFER = 2;
/** Two in three slots are taken, so that adding and deleting are in balance at one in two. */
const SLOTS_A_LEVEL = 1.5;

/** One product's book. (A class, and columns: it is asked and changed millions of times a second.) */
export class Ladder {
  readonly slots: number;
  /** The slot where the price began: the market is drawn back to it. */
  readonly middle: number;
  readonly #prices: Float64Array;
  readonly #priceDecimals: number;
  /** Units of 10 ** -8. */
  readonly #sizes: Float64Array;
  readonly #published: Uint8Array;
  readonly #isDirty: Uint8Array;
  readonly #dirty: Int32Array;
  readonly #told: Int32Array;
  #dirtyCount = 0;
  #bestBid: number;
  #bestOffer: number;
  #bids = 0;
  #offers = 0;

  /** A book of `depth` levels, half a side (as many as the price leaves room for). */
  constructor(product: Product, depth: number, random: Random) {
    const { prices, middle } = placeSlots(product, Math.ceil((depth / 2) * SLOTS_A_LEVEL), random);
    const slots = prices.length;
    this.slots = slots;
    this.middle = middle;
    this.#prices = prices;
    this.#priceDecimals = product.priceDecimals;
    this.#sizes = new Float64Array(slots);
    this.#published = new Uint8Array(slots);
    this.#isDirty = new Uint8Array(slots);
    this.#dirty = new Int32Array(slots);
    this.#told = new Int32Array(2 * slots);
    this.#bestBid = middle - 1;
    this.#bestOffer = middle;
    fill(this, { usualSize: product.usualSize, perSide: Math.floor(depth / 2), random });
    this.flush();
  }

  /** Slot of the best bid; always below {@link bestOffer}. */
  get bestBid(): number {
    return this.#bestBid;
  }

  get bestOffer(): number {
    return this.#bestOffer;
  }

  /** In ticks. */
  price(slot: number): number {
    return this.#prices[slot] ?? 0;
  }

  priceText(slot: number): string {
    return decimalText(this.price(slot), this.#priceDecimals);
  }

  size(slot: number): number {
    return this.#sizes[slot] ?? 0;
  }

  /** What lies on a slot for one side: nothing where it belongs to the other one. */
  sizeOn(side: BookSide, slot: number): number {
    return this.#sideOf(slot) === (side === 'bid' ? BID : OFFER) ? this.size(slot) : 0;
  }

  /** How many levels a side has. */
  count(side: BookSide): number {
    return side === 'bid' ? this.#bids : this.#offers;
  }

  /** Puts `size` on a slot of one side. The caller keeps bids below offers. */
  set(side: BookSide, slot: number, size: number): void {
    const held = this.size(slot) > 0;
    const more = held === size > 0 ? 0 : held ? -1 : 1;
    this.#sizes[slot] = size;
    if (this.#isDirty[slot] === 0) {
      this.#isDirty[slot] = 1;
      this.#dirty[this.#dirtyCount] = slot;
      this.#dirtyCount += 1;
    }
    if (side === 'bid') {
      this.#bids += more;
      if (size > 0 && slot > this.#bestBid) this.#bestBid = slot;
      while (this.#bestBid > 0 && this.size(this.#bestBid) === 0) this.#bestBid -= 1;
    } else {
      this.#offers += more;
      if (size > 0 && slot < this.#bestOffer) this.#bestOffer = slot;
      while (this.#bestOffer < this.slots - 1 && this.size(this.#bestOffer) === 0) this.#bestOffer += 1;
    }
  }

  #sideOf(slot: number): number {
    if (this.size(slot) === 0) return NONE;
    return slot <= this.#bestBid ? BID : OFFER;
  }

  /** What changed since the last flush. */
  flush(): LevelChanges {
    const dirty = this.#dirty;
    const told = this.#told;
    const published = this.#published;
    const dirtyCount = this.#dirtyCount;
    sortAscending(dirty, dirtyCount);
    let count = 0;
    // A slot may have left one side and joined the other since: then both are told.
    for (let index = dirtyCount - 1; index >= 0; index -= 1) {
      const slot = dirty[index] ?? 0;
      if (this.#sideOf(slot) === BID || published[slot] === BID) told[count++] = slot;
    }
    const bids = count;
    for (let index = 0; index < dirtyCount; index += 1) {
      const slot = dirty[index] ?? 0;
      const is = this.#sideOf(slot);
      if (is === OFFER || published[slot] === OFFER) told[count++] = slot;
      published[slot] = is;
      this.#isDirty[slot] = 0;
    }
    this.#dirtyCount = 0;
    return { slots: told, bids, count };
  }

  /** Every level. */
  levels(): LevelChanges {
    const all = new Int32Array(this.slots);
    let count = 0;
    for (let slot = this.#bestBid; slot >= 0; slot -= 1) if (this.size(slot) > 0) all[count++] = slot;
    const bids = count;
    for (let slot = this.#bestOffer; slot < this.slots; slot += 1)
      if (this.size(slot) > 0) all[count++] = slot;
    return { slots: all, bids, count };
  }
}

/** The first `count`, in place. A flush is a handful of slots; only the filling of a new book is more. */
function sortAscending(numbers: Int32Array, count: number): void {
  if (count > 64) {
    numbers.subarray(0, count).sort();
    return;
  }
  for (let end = 1; end < count; end += 1) {
    const number = numbers[end] ?? 0;
    let place = end;
    for (; place > 0 && (numbers[place - 1] ?? 0) > number; place -= 1)
      numbers[place] = numbers[place - 1] ?? 0;
    numbers[place] = number;
  }
}

/** Prices near the middle lie a tick or two apart, those far away ever wider. */
function placeSlots(
  product: Product,
  wanted: number,
  random: Random,
): { prices: Float64Array; middle: number } {
  const reach = Math.min(Math.floor(product.startTicks * 0.6), wanted * 150);
  const perSide = Math.max(2, Math.min(wanted, reach));
  const widening = Math.max(0, 12 * (reach / perSide - 1));
  const gapAt = (index: number): number =>
    1 + Math.floor(random() * random() * widening * (index / perSide) ** 2);

  const prices = new Float64Array(2 * perSide);
  let under = product.startTicks;
  let above = product.startTicks + 1;
  for (let index = 0; index < perSide; index += 1) {
    prices[perSide - 1 - index] = Math.max(1, under);
    prices[perSide + index] = above;
    under -= gapAt(index);
    above += gapAt(index);
  }
  return { prices, middle: perSide };
}

interface Filling {
  readonly usualSize: number;
  readonly perSide: number;
  readonly random: Random;
}

/** Exactly `perSide` levels a side where the slots allow it, the two best always among them. */
function fill(ladder: Ladder, { usualSize, perSide, random }: Filling): void {
  const { middle, slots } = ladder;
  for (const side of ['bid', 'offer'] as const) {
    const room = side === 'bid' ? middle : slots - middle;
    let wanted = Math.min(perSide, room);
    for (let index = 0; index < room && wanted > 0; index += 1) {
      if (index > 0 && random() >= wanted / (room - index)) continue;
      ladder.set(side, side === 'bid' ? middle - 1 - index : middle + index, orderSize(random, usualSize));
      wanted -= 1;
    }
  }
}

/** Sizes as seen: some round, most with all eight digits, a few large. */
export function orderSize(random: Random, usualSize: number): number {
  const shape = random();
  if (shape < 0.25) return Math.max(1, Math.round(usualSize * 0.1 * (1 + below(random, 20))));
  return Math.max(1, Math.floor(usualSize * Math.exp(6 * (random() - 0.7))));
}

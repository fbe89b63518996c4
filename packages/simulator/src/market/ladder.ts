import type { Product } from '../product-catalog.ts';
import { below, type Random } from '../random.ts';
import { decimalText } from '../wire-text.ts';

// The market's own book. It is nothing like the book of @feedtape/book, on purpose: a judge shares no code
// with the judged. Prices are a fixed row of slots; what lies below the spread is a bid, what lies above an
// offer; an order changes the size of a slot.

/** What one flush of the level2 channel says about one price. */
export interface LevelChange {
  readonly side: 'bid' | 'offer';
  /** The price, and the text from there to the size: `83277.25","new_quantity":"`. */
  readonly priceAndKey: string;
  /** Absolute size in units of 10 ** -8; 0 removes the level. */
  readonly size: number;
}

export interface Ladder {
  /** Slot of the best bid; always below {@link bestOffer}. */
  readonly bestBid: number;
  readonly bestOffer: number;
  readonly slots: number;
  /** The slot where the price began: the market is drawn back to it. */
  readonly middle: number;
  priceText(slot: number): string;
  /** In ticks. */
  price(slot: number): number;
  size(slot: number): number;
  /** Puts `size` on a slot of one side. The caller keeps bids below offers. */
  set(side: 'bid' | 'offer', slot: number, size: number): void;
  /** How many levels a side has. */
  count(side: 'bid' | 'offer'): number;
  /** What changed since the last flush: bids from the best down, then offers from the best up. */
  flush(): LevelChange[];
  /** Every level as of the last flush, in the same order. */
  levels(): LevelChange[];
}

const NONE = 0;
const BID = 1;
const OFFER = 2;
/** Two in three slots are taken, so that adding and deleting are in balance at one in two. */
const SLOTS_A_LEVEL = 1.5;

/** A book of `depth` levels, half a side (as many as the price leaves room for). */
export function createLadder(product: Product, depth: number, random: Random): Ladder {
  const { prices, middle } = placeSlots(product, Math.ceil((depth / 2) * SLOTS_A_LEVEL), random);
  const slots = prices.length;
  const sizes = new Float64Array(slots);
  const texts = Array.from<string | undefined>({ length: slots });
  const openings = Array.from<string | undefined>({ length: slots });
  const published = new Uint8Array(slots);
  const isDirty = new Uint8Array(slots);
  let dirty: number[] = [];
  let bestBid = middle - 1;
  let bestOffer = middle;
  const counts = { bid: 0, offer: 0 };

  const touch = (slot: number): void => {
    if (isDirty[slot] === 1) return;
    isDirty[slot] = 1;
    dirty.push(slot);
  };
  const at = (slot: number): number => sizes[slot] ?? 0;
  const priceText = (slot: number): string =>
    (texts[slot] ??= decimalText(prices[slot] ?? 0, product.priceDecimals));
  const change = (side: 'bid' | 'offer', slot: number, size: number): LevelChange => ({
    side,
    priceAndKey: (openings[slot] ??= `${priceText(slot)}","new_quantity":"`),
    size,
  });

  const set = (side: 'bid' | 'offer', slot: number, size: number): void => {
    const held = at(slot) > 0;
    if (held !== size > 0) counts[side] += held ? -1 : 1;
    sizes[slot] = size;
    touch(slot);
    if (side === 'bid') {
      if (size > 0 && slot > bestBid) bestBid = slot;
      while (bestBid > 0 && at(bestBid) === 0) bestBid -= 1;
    } else {
      if (size > 0 && slot < bestOffer) bestOffer = slot;
      while (bestOffer < slots - 1 && at(bestOffer) === 0) bestOffer += 1;
    }
  };

  const sideOf = (slot: number): number => (at(slot) === 0 ? NONE : slot <= bestBid ? BID : OFFER);

  const flush = (): LevelChange[] => {
    const changes: LevelChange[] = [];
    dirty.sort((left, right) => left - right);
    // A slot may have left one side and joined the other since: then both are told.
    for (let index = dirty.length - 1; index >= 0; index -= 1) {
      const slot = dirty[index] ?? 0;
      const is = sideOf(slot);
      if (is === BID || published[slot] === BID) changes.push(change('bid', slot, is === BID ? at(slot) : 0));
    }
    for (const slot of dirty) {
      const is = sideOf(slot);
      if (is === OFFER || published[slot] === OFFER)
        changes.push(change('offer', slot, is === OFFER ? at(slot) : 0));
      published[slot] = is;
      isDirty[slot] = 0;
    }
    dirty = [];
    return changes;
  };

  const levels = (): LevelChange[] => {
    const all: LevelChange[] = [];
    for (let slot = bestBid; slot >= 0; slot -= 1) if (at(slot) > 0) all.push(change('bid', slot, at(slot)));
    for (let slot = bestOffer; slot < slots; slot += 1)
      if (at(slot) > 0) all.push(change('offer', slot, at(slot)));
    return all;
  };

  fill({ set, middle, slots, usualSize: product.usualSize, perSide: Math.floor(depth / 2), random });
  flush();

  return {
    get bestBid() {
      return bestBid;
    },
    get bestOffer() {
      return bestOffer;
    },
    slots,
    middle,
    priceText,
    price: (slot) => prices[slot] ?? 0,
    size: at,
    set,
    count: (side) => counts[side],
    flush,
    levels,
  };
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
  readonly set: Ladder['set'];
  readonly middle: number;
  readonly slots: number;
  readonly usualSize: number;
  readonly perSide: number;
  readonly random: Random;
}

/** Exactly `perSide` levels a side where the slots allow it, the two best always among them. */
function fill({ set, middle, slots, usualSize, perSide, random }: Filling): void {
  for (const side of ['bid', 'offer'] as const) {
    const room = side === 'bid' ? middle : slots - middle;
    let wanted = Math.min(perSide, room);
    for (let index = 0; index < room && wanted > 0; index += 1) {
      if (index > 0 && random() >= wanted / (room - index)) continue;
      set(side, side === 'bid' ? middle - 1 - index : middle + index, orderSize(random, usualSize));
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

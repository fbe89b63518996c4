import { type Decimal, formatDecimal } from '@feedtape/protocol';
import { type UnsignedDecimal, readDecimal } from './unsigned-decimal.ts';
import type { ScaledSide } from './exact-levels.ts';
import type { Level } from './top-of-book.ts';

/** The best level of a side. */
export function bestOf(side: ScaledSide): Level | undefined {
  const { bestKey, bestSize } = side.ladder;
  return bestKey === undefined || bestSize === undefined ? undefined : levelOf(side, bestKey, bestSize);
}

/** The levels of a side, best first. */
export function* levelsOf(side: ScaledSide): Generator<Level, void, void> {
  for (const [key, size] of side.ladder.entries()) yield levelOf(side, key, size);
}

/** The best levels of a side, at most `count`. */
export function firstLevels(side: ScaledSide, count: number): Level[] {
  const levels: Level[] = [];
  for (const level of levelsOf(side)) {
    if (levels.length >= count) break;
    levels.push(level);
  }
  return levels;
}

function levelOf(side: ScaledSide, key: number | bigint, size: number | bigint): Level {
  return {
    price: formatDecimal(BigInt(side.sign) * BigInt(key), side.priceDecimals),
    size: formatDecimal(BigInt(size), side.sizeDecimals),
  };
}

/** The total size at a price or better; `undefined` if the text is not a price. */
export function volumeTo(side: ScaledSide, price: string): Decimal | undefined {
  const limit: UnsignedDecimal = { value: 0, decimals: 0, wide: 0n };
  if (!readDecimal(price, limit)) return undefined;
  const digits = Number.isNaN(limit.value) ? limit.wide : BigInt(limit.value);
  const worstKey = BigInt(side.sign) * digits * 10n ** BigInt(side.priceDecimals);
  const factor = 10n ** BigInt(limit.decimals);
  let total = 0n;
  for (const [key, size] of side.ladder.entries()) {
    if (BigInt(key) * factor < worstKey) break;
    total += BigInt(size);
  }
  return formatDecimal(total, side.sizeDecimals);
}

/** Compares best bid and best ask; `apart` if a side is empty. */
export function touch(bids: ScaledSide, offers: ScaledSide): 'apart' | 'locked' | 'crossed' {
  const bid = bids.ladder.bestKey;
  const offer = offers.ladder.bestKey;
  if (bid === undefined || offer === undefined || bid < -offer) return 'apart';
  return bid > -offer ? 'crossed' : 'locked';
}

/** Halfway between the best prices; `undefined` if a side is empty. */
export function midOf(bids: ScaledSide, offers: ScaledSide): Decimal | undefined {
  const bid = bids.ladder.bestKey;
  const offer = offers.ladder.bestKey;
  if (bid === undefined || offer === undefined) return undefined;
  return formatDecimal((BigInt(bid) - BigInt(offer)) * 5n, bids.priceDecimals + 1);
}

/** Best ask less best bid; `undefined` if a side is empty. */
export function spreadOf(bids: ScaledSide, offers: ScaledSide): Decimal | undefined {
  const bid = bids.ladder.bestKey;
  const offer = offers.ladder.bestKey;
  if (bid === undefined || offer === undefined) return undefined;
  return formatDecimal(-BigInt(offer) - BigInt(bid), bids.priceDecimals);
}

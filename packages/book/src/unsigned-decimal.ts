import { DECIMAL, parseDecimal } from '@feedtape/protocol';

/** Limit of characters and of digits after the point; far beyond any real product. */
export const MOST_DECIMALS = 64;
/** Every number of this many digits is an exact integer. */
const SAFE_DIGITS = 15;
const POINT = 46;
const ZERO = 48;

/** Powers of ten by exponent; all exact as doubles. */
export const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: 23 }, (_, power) =>
  Number(`1e${power}`),
);

/** An unsigned decimal as an integer and its number of decimals. */
export interface UnsignedDecimal {
  /** Exact, or NaN if it exceeds 2^53-1 and is in `wide`. */
  value: number;
  decimals: number;
  wide: bigint;
}

/**
 * Parses a decimal of the wire into `into`, which saves an object per level. False for anything but a decimal, for
 * negative ones, and for more than 64 characters or decimals.
 */
export function readDecimal(text: string, into: UnsignedDecimal): boolean {
  const { length } = text;
  if (length === 0 || length > MOST_DECIMALS) return false;
  let value = 0;
  let point = -1;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === POINT && point === -1 && index > 0 && index < length - 1) point = index;
    else if (code >= ZERO && code <= ZERO + 9) value = value * 10 + (code - ZERO);
    else return readUnusual(text, into);
  }
  if (length > SAFE_DIGITS && value > Number.MAX_SAFE_INTEGER) return readUnusual(text, into);
  into.value = value;
  into.decimals = point === -1 ? 0 : length - 1 - point;
  return true;
}

/** Parses long numbers and exponents. */
function readUnusual(text: string, into: UnsignedDecimal): boolean {
  if (!DECIMAL.test(text)) return false;
  const { integer, decimals } = parseDecimal(text);
  if (integer < 0n || decimals > MOST_DECIMALS) return false;
  into.decimals = decimals;
  into.value = integer > BigInt(Number.MAX_SAFE_INTEGER) ? Number.NaN : Number(integer);
  into.wide = integer;
  return true;
}

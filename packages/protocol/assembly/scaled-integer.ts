// A decimal as an integer and its number of decimals: `12.50` is 1250 and 2.

const POINT: u8 = 0x2e;
const MINUS: u8 = 0x2d;

/** More digits than this always exceed 2^53 - 1. */
const MOST_DIGITS: usize = 16;
const WORD: usize = 8;
const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/**
 * Stores the decimal between two positions, already validated, as an integer and its number of decimals. False if it
 * is negative or exceeds 2^53 - 1.
 */
export function storeDecimal(from: usize, end: usize, integer: usize, decimals: usize): bool {
  if (load<u8>(from) === MINUS) return false;
  const point = pointIn(from, end);
  const whole = point - from;
  const fraction = point < end ? end - point - 1 : 0;
  if (whole + fraction > MOST_DIGITS) return false;
  let value = digitsAt(from, whole);
  if (fraction > 0) value = value * powerOfTen(fraction) + digitsAt(point + 1, fraction);
  if (value > MAX_SAFE_INTEGER) return false;
  store<f64>(integer, <f64>value);
  store<u8>(decimals, <u8>fraction);
  return true;
}

/** Where the point is, or `end` without one. */
function pointIn(from: usize, end: usize): usize {
  const points = i8x16.bitmask(i8x16.eq(v128.load(from), i8x16.splat(<i8>POINT)));
  // Without a point among the first 16 characters there is none, or there are too many digits.
  const point = from + <usize>ctz(points);
  return point < end ? point : end;
}

/** The value of 1 to 16 digits. */
export function digitsAt(from: usize, count: usize): u64 {
  if (count <= WORD) return lastDigits(from, count);
  return lastDigits(from, count - WORD) * 100_000_000 + lastDigits(from + count - WORD, WORD);
}

/** The value of 1 to 8 digits, in parallel: pairs of digits, then pairs of pairs, then both halves. */
/* @inline */ function lastDigits(from: usize, count: usize): u64 {
  // Shifts out what follows the digits; zeros replace missing leading digits.
  let value = (load<u64>(from) << ((WORD - count) * 8)) & 0x0f0f_0f0f_0f0f_0f0f;
  value = (value * 2_561) >> 8;
  value = ((value & 0x00ff_00ff_00ff_00ff) * 6_553_601) >> 16;
  return ((value & 0x0000_ffff_0000_ffff) * 42_949_672_960_001) >> 32;
}

/** 10 to the power of 1 to 16. */
/* @inline */ function powerOfTen(exponent: usize): u64 {
  return load<u64>(POWERS + 8 * exponent);
}

const POWERS = memory.data<u64>([
  1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
  100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
  10_000_000_000_000_000,
]);

import { digitsAt } from './scaled-integer';

const QUOTE: i32 = 0x22;
const MINUS: i32 = 0x2d;
const POINT: i32 = 0x2e;
const ZERO: i32 = 0x30;
const BACKSLASH: i32 = 0x5c;
const FIRST_PRINTABLE: i32 = 0x20;
const VECTOR: usize = 16;

/** More digits than this may not fit a double. */
const MOST_DIGITS: usize = 15;

/**
 * Copies an ASCII string without escapes; returns the position of the first byte that ends it. The string matched if
 * that byte is a quote. The zero byte after the input ends every string.
 */
/* @inline */ export function copyText(from: usize, to: usize): usize {
  let at = from;
  let copy = to;
  let stop = copySixteen(at, copy);
  while (stop === 0) {
    at += VECTOR;
    copy += VECTOR;
    stop = copySixteen(at, copy);
  }
  return at + <usize>ctz(stop);
}

/** Whether a quote stands at a position. */
/* @inline */ export function isQuote(at: usize): bool {
  return load<u8>(at) === QUOTE;
}

/** Copies 16 bytes; returns one bit for each that ends a string or may not stand in one unescaped. */
/* @inline */ function copySixteen(from: usize, to: usize): i32 {
  const text = v128.load(from);
  v128.store(to, text);
  // Signed: bytes that are not ASCII are negative.
  const control = i8x16.lt_s(text, i8x16.splat(<i8>FIRST_PRINTABLE));
  const special = v128.or(i8x16.eq(text, i8x16.splat(<i8>QUOTE)), i8x16.eq(text, i8x16.splat(<i8>BACKSLASH)));
  return i8x16.bitmask(v128.or(control, special));
}

/** One bit for each of 16 bytes that is not a digit. */
/* @inline */ function nonDigits(text: v128): i32 {
  return i8x16.bitmask(i8x16.gt_u(i8x16.sub(text, i8x16.splat(<i8>ZERO)), i8x16.splat(9)));
}

/**
 * Copies a decimal of plain digits; returns its closing quote, or 0 for anything else. Unsigned decimals of up to 15
 * characters take one path without branches, as the processor could not predict which form comes next.
 */
/* @inline */ export function copyDecimal(from: usize, to: usize): usize {
  const text = v128.load(from);
  v128.store(to, text);
  const quotes = i8x16.bitmask(i8x16.eq(text, i8x16.splat(<i8>QUOTE)));
  const quote = quotes & -quotes;
  const others = nonDigits(text) & (quote - 1);
  const points = i8x16.bitmask(i8x16.eq(text, i8x16.splat(<i8>POINT)));
  // Nothing but digits and at most one point, which is neither first nor last; at least one character.
  const wrong =
    (others & ~points) | (others & (others - 1)) | ((others << 1) & quote) | ((others | quote) & 1);
  return quote !== 0 && wrong === 0 ? from + <usize>ctz(quote) : copyAnyDecimal(from, to);
}

/** {@link copyDecimal} for decimals with a sign and long ones. */
function copyAnyDecimal(from: usize, to: usize): usize {
  let at = load<u8>(from) === MINUS ? from + 1 : from;
  let digits = digitsEnd(at);
  if (digits === at) return 0;
  at = digits;
  if (load<u8>(at) === POINT) {
    digits = digitsEnd(at + 1);
    if (digits === at + 1) return 0;
    at = digits;
  }
  if (load<u8>(at) !== QUOTE) return 0;
  memory.copy(to, from, at - from);
  return at;
}

/** One past the digits that begin at a position. */
/* @inline */ function digitsEnd(from: usize): usize {
  let at = from;
  while (isDigit(load<u8>(at))) at += 1;
  return at;
}

/* @inline */ function isDigit(byte: i32): bool {
  return <u32>(byte - ZERO) <= 9;
}

/** One past a JSON integer of at most 15 digits that begins at a position, or 0 for anything else. */
export function integerEnd(from: usize): usize {
  const digits = <usize>ctz(nonDigits(v128.load(from)));
  const isExpected = digits > 0 && digits <= MOST_DIGITS && (digits === 1 || load<u8>(from) !== ZERO);
  return isExpected ? from + digits : 0;
}

/** The value of the digits between two positions, at most 16 of them. */
export function integerAt(from: usize, end: usize): f64 {
  return <f64>digitsAt(from, end - from);
}

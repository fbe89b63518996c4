const QUOTE: i32 = 0x22;
const MINUS: i32 = 0x2d;
const POINT: i32 = 0x2e;
const ZERO: i32 = 0x30;
const BACKSLASH: i32 = 0x5c;
const FIRST_PRINTABLE: i32 = 0x20;
const VECTOR: usize = 16;

// Four bytes as a little-endian number.
const TRUE: u32 = 0x6575_7274;
const FALS: u32 = 0x736c_6166;
const NULL: u32 = 0x6c6c_756e;
const LETTER_E: i32 = 0x65;

/** One past the string whose opening quote stands at a position, if it is ASCII without escapes; otherwise 0. */
/* @inline */ export function stringEnd(quote: usize): usize {
  const end = plainEnd(quote + 1);
  return <i32>load<u8>(end) === QUOTE ? end + 1 : 0;
}

/** The first byte that ends a string or may not stand in one unescaped. */
/* @inline */ function plainEnd(from: usize): usize {
  let at = from;
  let stop = unusual(at);
  while (stop === 0) {
    at += VECTOR;
    stop = unusual(at);
  }
  return at + <usize>ctz(stop);
}

/** One bit for each of 16 bytes that ends a string or may not stand in one unescaped. */
/* @inline */ function unusual(at: usize): i32 {
  const text = v128.load(at);
  // Signed: bytes that are not ASCII are negative.
  const control = i8x16.lt_s(text, i8x16.splat(<i8>FIRST_PRINTABLE));
  const special = v128.or(i8x16.eq(text, i8x16.splat(<i8>QUOTE)), i8x16.eq(text, i8x16.splat(<i8>BACKSLASH)));
  return i8x16.bitmask(v128.or(control, special));
}

/** One past the number without an exponent, the `true`, `false` or `null` that begins at a position; 0 for anything else. */
export function scalarEnd(at: usize): usize {
  const word = load<u32>(at);
  if (word === TRUE || word === NULL) return at + 4;
  if (word === FALS) return <i32>load<u8>(at + 4) === LETTER_E ? at + 5 : 0;
  const whole = <i32>load<u8>(at) === MINUS ? at + 1 : at;
  let end = digitsEnd(whole);
  if (end === whole || (<i32>load<u8>(whole) === ZERO && end > whole + 1)) return 0;
  if (<i32>load<u8>(end) !== POINT) return end;
  const fraction = end + 1;
  end = digitsEnd(fraction);
  return end === fraction ? 0 : end;
}

/** One past the digits that begin at a position. */
function digitsEnd(from: usize): usize {
  let at = from;
  while (<u32>(<i32>load<u8>(at) - ZERO) <= 9) at += 1;
  return at;
}

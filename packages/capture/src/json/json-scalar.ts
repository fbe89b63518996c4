import { encodeUtf8 } from './utf8.ts';

const SPACE = 0x20;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const LETTER_E = 0x65;
const LOWER_CASE = 0x20;

const TRUE = encodeUtf8('true');
const FALSE = encodeUtf8('false');
const NULL = encodeUtf8('null');

/** Where the number, `true`, `false` or `null` that starts at `from` ends, or -1 when there is none. */
export function endOfScalar(bytes: Uint8Array, from: number, end: number): number {
  if (from >= end) return -1;
  const first = bytes[from] as number;
  if (first === TRUE[0]) return endOfLiteral(bytes, from, end, TRUE);
  if (first === FALSE[0]) return endOfLiteral(bytes, from, end, FALSE);
  if (first === NULL[0]) return endOfLiteral(bytes, from, end, NULL);
  const integer = endOfInteger(bytes, first === MINUS ? from + 1 : from, end);
  if (integer < 0 || integer >= end) return integer;
  const fraction = bytes[integer] === POINT ? endOfDigits(bytes, integer + 1, end) : integer;
  if (fraction < 0 || fraction >= end) return fraction;
  return ((bytes[fraction] as number) | LOWER_CASE) === LETTER_E
    ? endOfExponent(bytes, fraction + 1, end)
    : fraction;
}

function endOfLiteral(bytes: Uint8Array, from: number, end: number, literal: Uint8Array): number {
  if (from + literal.length > end) return -1;
  for (let n = 0; n < literal.length; n += 1) {
    if (bytes[from + n] !== literal[n]) return -1;
  }
  return from + literal.length;
}

/** A zero stands alone; other digits follow each other. */
function endOfInteger(bytes: Uint8Array, from: number, end: number): number {
  return from < end && bytes[from] === ZERO ? from + 1 : endOfDigits(bytes, from, end);
}

function endOfExponent(bytes: Uint8Array, from: number, end: number): number {
  const signed = from < end && (bytes[from] === PLUS || bytes[from] === MINUS);
  return endOfDigits(bytes, signed ? from + 1 : from, end);
}

/** Past one or more digits, or -1. */
function endOfDigits(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isDigit(bytes[at] as number)) at += 1;
  return at > from ? at : -1;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

/** Past the spaces at `from`. */
export function skipSpaces(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] === SPACE) at += 1;
  return at;
}

import type { FrameSource } from './frame-source.ts';

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const LAST_ASCII = 0x7f;

/** The closing quote of a string that begins at a position, has no escapes and is ASCII; -1 where it is another. */
export function textEnd(source: FrameSource, position: number): number {
  const { bytes, end } = source;
  for (let at = position | 0; at < end; at = (at + 1) | 0) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte < FIRST_PRINTABLE || byte > LAST_ASCII || byte === BACKSLASH) return -1;
  }
  return -1;
}

/**
 * The closing quote of a decimal of plain digits that begins at a position; -1 where it is anything else. Only for a
 * frame that ends with a brace: nothing else stops it.
 */
export function decimalEnd(bytes: Uint8Array, position: number): number {
  // `| 0` spares a check for overflow at every step: the innermost loops of the package.
  let at = position | 0;
  let byte = bytes[at]!;
  if (byte === MINUS) {
    at = (at + 1) | 0;
    byte = bytes[at]!;
  }
  if ((byte - ZERO) >>> 0 > 9) return -1;
  do {
    at = (at + 1) | 0;
    byte = bytes[at]!;
  } while ((byte - ZERO) >>> 0 <= 9);
  if (byte === POINT) {
    at = (at + 1) | 0;
    byte = bytes[at]!;
    if ((byte - ZERO) >>> 0 > 9) return -1;
    do {
      at = (at + 1) | 0;
      byte = bytes[at]!;
    } while ((byte - ZERO) >>> 0 <= 9);
  }
  return byte === QUOTE ? at : -1;
}

/** One past a JSON integer of at most 15 digits that begins at a position; -1 where it is anything else. */
export function integerEnd({ bytes, end }: FrameSource, position: number): number {
  let at = position;
  while (at < end && (bytes[at]! - ZERO) >>> 0 <= 9) at += 1;
  const digits = at - position;
  return digits === 0 || digits > 15 || (digits > 1 && bytes[position] === ZERO) ? -1 : at;
}

/** The value of the digits between two positions. */
export function integerAt(bytes: Uint8Array, position: number, end: number): number {
  let value = 0;
  for (let at = position; at < end; at += 1) value = value * 10 + bytes[at]! - ZERO;
  return value;
}

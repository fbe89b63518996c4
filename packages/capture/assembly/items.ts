import { MAX_RAW_DEPTH } from '../src/json/scanner-layout';
import { scalarEnd, stringEnd } from './value';

const QUOTE: i32 = 0x22;
const COMMA: i32 = 0x2c;
const COLON: i32 = 0x3a;
const OPEN_BRACKET: i32 = 0x5b;
const CLOSE_BRACKET: i32 = 0x5d;
const OPEN_BRACE: i32 = 0x7b;
const CLOSE_BRACE: i32 = 0x7d;
/** How far a closing character lies above its opening one. */
const CLOSING: i32 = 2;

/** How many containers are open, and which of them are objects: one bit each, the innermost in the lowest. */
let depth: i32 = 0;
let kinds: u64 = 0;

/** Starts a frame; whether it begins with an object. */
export function beginsObject(at: usize): bool {
  depth = 1;
  kinds = 1;
  return load<u8>(at) === OPEN_BRACE;
}

/** Whether reading has stopped before the end of the frame. */
export function isOpen(): bool {
  return depth > 0;
}

/**
 * Reads items (a key and its value, or a value of an array) to the end of the outermost object, or to the first item at
 * or after `stop`; returns where that is, or 0 for no match.
 */
export function scanItems(from: usize, stop: usize): usize {
  let at = from;
  // Locals stay in registers, globals do not.
  let open = depth;
  let kind = kinds;
  while (at < stop && open > 0) {
    if (isObject(kind)) {
      if (load<u8>(at) !== QUOTE) return 0;
      at = stringEnd(at);
      if (load<u8>(at) !== COLON) return 0;
      at += 1;
    }
    const byte = <i32>load<u8>(at);
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (open === MAX_RAW_DEPTH) return 0;
      open += 1;
      kind = (kind << 1) | <u64>(byte === OPEN_BRACE ? 1 : 0);
      at += 1;
      if (<i32>load<u8>(at) !== byte + CLOSING) continue;
    } else {
      at = byte === QUOTE ? stringEnd(at) : scalarEnd(at);
    }
    // A value has ended, and perhaps its container too. A failed read has left `at` at address 0, where no comma is.
    while (load<u8>(at) !== COMMA) {
      if (<i32>load<u8>(at) !== (isObject(kind) ? CLOSE_BRACE : CLOSE_BRACKET)) return 0;
      at += 1;
      open -= 1;
      kind >>= 1;
      if (open === 0) break;
    }
    at += <usize>(open > 0 ? 1 : 0);
  }
  depth = open;
  kinds = kind;
  return at;
}

/* @inline */ function isObject(kind: u64): bool {
  return (kind & 1) !== 0;
}

import { levelsEnd } from './levels';
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

/** `MAX_RAW_DEPTH` of `src/json/is-one-line-object.ts`. */
const MAX_DEPTH: i32 = 64;

/** How many containers are open. Of each, the innermost in the lowest bit: whether it is an object. */
let depth: i32 = 0;
let kinds: u64 = 0;

/** Begins a frame; whether it begins with an object. */
export function beginsObject(at: usize): bool {
  depth = 1;
  kinds = 1;
  return load<u8>(at) == OPEN_BRACE;
}

/** Whether reading has stopped within the frame. */
export function isOpen(): bool {
  return depth > 0;
}

/**
 * Reads from where an item begins (a key and its value, or a value of an array) to the end of the outermost object, or
 * to the first item at or after `stop`; returns where that is, or 0 for what is not as expected.
 */
export function scanItems(from: usize, stop: usize): usize {
  let at = from;
  // Globals live in memory, these in registers.
  let open = depth;
  let kind = kinds;
  while (at < stop && open > 0) {
    if (isObject(kind)) {
      if (load<u8>(at) != QUOTE) return 0;
      at = stringEnd(at);
      if (load<u8>(at) != COLON) return 0;
      at += 1;
    }
    const byte = <i32>load<u8>(at);
    const levels: usize = isObject(kind) || open == MAX_DEPTH ? 0 : levelsEnd(at, stop);
    if (levels != 0) {
      at = levels;
    } else if (byte == OPEN_BRACE || byte == OPEN_BRACKET) {
      if (open == MAX_DEPTH) return 0;
      open += 1;
      kind = (kind << 1) | <u64>(byte == OPEN_BRACE);
      at += 1;
      if (<i32>load<u8>(at) != byte + CLOSING) continue;
    } else {
      at = byte == QUOTE ? stringEnd(at) : scalarEnd(at);
    }
    // A value has ended, and with it perhaps what it stands in. Nothing stands at 0.
    while (load<u8>(at) != COMMA) {
      if (<i32>load<u8>(at) != (isObject(kind) ? CLOSE_BRACE : CLOSE_BRACKET)) return 0;
      at += 1;
      open -= 1;
      kind >>= 1;
      if (open == 0) break;
    }
    at += <usize>(open > 0);
  }
  depth = open;
  kinds = kind;
  return at;
}

@inline function isObject(kind: u64): bool {
  return (kind & 1) != 0;
}

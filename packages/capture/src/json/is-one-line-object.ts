import { endOfScalar, skipSpaces } from './json-scalar.ts';
import { endOfString } from './json-string.ts';
import { isPlainObject } from './object-scanner.ts';
import { MAX_RAW_DEPTH } from './scanner-layout.ts';

export { MAX_RAW_DEPTH };

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** How far a closing character lies above its opening one. */
const CLOSING = 2;

/**
 * Whether the bytes are one complete JSON object on one line, so that they can stand in a line of NDJSON as
 * they are: from `{` to its own `}`, well-formed UTF-8, no control character, no character that some reader
 * takes for the end of a line (U+0085, U+2028, U+2029), nested at most {@link MAX_RAW_DEPTH} deep.
 *
 * One pass, no recursion. What this accepts, `JSON.parse` accepts.
 */
export function isOneLineObject(bytes: Uint8Array): boolean {
  return isPlainObject(bytes) || isAnyObject(bytes);
}

/** {@link isOneLineObject} without the fast way for the exchange's spelling: what that accepts, this accepts. */
export function isAnyObject(bytes: Uint8Array): boolean {
  return bytes[0] === OPEN_BRACE && endOfValue(bytes, 0, bytes.length) === bytes.length;
}

/** 1 where the container at a depth is an object. Filled anew by every call before it is read. */
const objects = new Uint8Array(MAX_RAW_DEPTH + 1);

/**
 * Where the JSON value that starts at `from` ends (its last byte + 1), or -1 when there is no such value
 * before `end`. The only whitespace that it knows is the space.
 */
export function endOfValue(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  let depth = 0;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === MAX_RAW_DEPTH) return -1;
      const inner = skipSpaces(bytes, at + 1, end);
      if (inner < end && bytes[inner] === byte + CLOSING) {
        at = inner + 1;
      } else {
        depth += 1;
        objects[depth] = byte === OPEN_BRACE ? 1 : 0;
        at = byte === OPEN_BRACE ? endOfKey(bytes, inner, end) : inner;
        if (at < 0) return -1;
        continue;
      }
    } else {
      at = byte === QUOTE ? endOfString(bytes, at + 1, end) : endOfScalar(bytes, at, end);
      if (at < 0) return -1;
    }
    // A value has ended: close what it completes, until a comma leads to the next one.
    for (;;) {
      if (depth === 0) return at;
      at = skipSpaces(bytes, at, end);
      if (at >= end) return -1;
      const next = bytes[at] as number;
      const object = objects[depth] === 1;
      at += 1;
      if (next === COMMA) {
        at = skipSpaces(bytes, at, end);
        if (object) at = endOfKey(bytes, at, end);
        if (at < 0) return -1;
        break;
      }
      if (next !== (object ? CLOSE_BRACE : CLOSE_BRACKET)) return -1;
      depth -= 1;
    }
  }
  return -1;
}

/** Past a key, its colon and the spaces around it: where the value starts, or -1. */
function endOfKey(bytes: Uint8Array, from: number, end: number): number {
  if (from >= end || bytes[from] !== QUOTE) return -1;
  let at = endOfString(bytes, from + 1, end);
  if (at < 0) return -1;
  at = skipSpaces(bytes, at, end);
  return at < end && bytes[at] === COLON ? skipSpaces(bytes, at + 1, end) : -1;
}

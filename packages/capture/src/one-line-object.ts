import { endOfSequence } from './utf8.ts';

/**
 * How deep a frame may nest and still stand as `raw`. Common readers give up somewhere (Python near 1000,
 * jq 1.6 at 256); a deeper frame is kept as `text`, so that nobody's reader fails on the line.
 */
export const MAX_RAW_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const code = (letter: string): number => letter.charCodeAt(0);
const among = (letters: string): Uint8Array => {
  const table = new Uint8Array(256);
  for (const letter of letters) table[code(letter)] = 1;
  return table;
};

/** Bytes that stand for themselves within a string: printable ASCII without quote and backslash, and DEL. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= SPACE && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);
const afterBackslash = among('"\\/bfnrtu');
const hex = among('0123456789abcdefABCDEF');
const digit = among('0123456789');

/**
 * Whether the bytes are one complete JSON object on one line, so that they can stand in a line of NDJSON as
 * they are: from `{` to its own `}`, well-formed UTF-8, no control character, no character that some reader
 * takes for the end of a line (U+0085, U+2028, U+2029), nested at most {@link MAX_RAW_DEPTH} deep.
 *
 * One pass, no recursion, no allocation. What this accepts, `JSON.parse` accepts.
 */
export function isOneLineObject(bytes: Uint8Array): boolean {
  return bytes[0] === OPEN_BRACE && endOfValue(bytes, 0, bytes.length) === bytes.length;
}

/** Whether the container at each depth is an object. Filled anew by every call before it is read. */
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
      depth += 1;
      objects[depth] = byte === OPEN_BRACE ? 1 : 0;
      at = skipSpaces(bytes, at + 1, end);
      // Both closing characters are two above their opening ones.
      if (at < end && bytes[at] !== byte + 2) {
        if (byte === OPEN_BRACE) at = endOfKey(bytes, at, end);
        if (at < 0) return -1;
        continue;
      }
      if (at >= end) return -1;
      at += 1;
      depth -= 1;
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

function skipSpaces(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] === SPACE) at += 1;
  return at;
}

/** Where the string whose opening quote lies before `from` ends, or -1. */
export function endOfString(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at] as number;
    if (plain[byte] === 1) at += 1;
    else if (byte === QUOTE) return at + 1;
    else if (byte === BACKSLASH) at = endOfEscape(bytes, at, end);
    else if (byte < SPACE || endsLine(bytes, at)) return -1;
    else at = endOfSequence(bytes, at, end);
    if (at < 0) return -1;
  }
  return -1;
}

/** U+0085 is C2 85; U+2028 and U+2029 are E2 80 A8 and E2 80 A9. */
function endsLine(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === 0xc2) return bytes[at + 1] === 0x85;
  return bytes[at] === 0xe2 && bytes[at + 1] === 0x80 && (bytes[at + 2] === 0xa8 || bytes[at + 2] === 0xa9);
}

function endOfEscape(bytes: Uint8Array, backslash: number, end: number): number {
  const letter = bytes[backslash + 1] as number;
  if (backslash + 1 >= end || afterBackslash[letter] !== 1) return -1;
  if (letter !== code('u')) return backslash + 2;
  if (backslash + 6 > end) return -1;
  for (let at = backslash + 2; at < backslash + 6; at += 1) {
    if (hex[bytes[at] as number] !== 1) return -1;
  }
  return backslash + 6;
}

const literals = ['true', 'false', 'null'].map((text) => Uint8Array.from(text, code));

/** Where the number or literal that starts at `from` ends, or -1. */
function endOfScalar(bytes: Uint8Array, from: number, end: number): number {
  if (from >= end) return -1;
  for (const literal of literals) {
    if (bytes[from] === literal[0]) {
      if (from + literal.length > end) return -1;
      return literal.every((byte, n) => bytes[from + n] === byte) ? from + literal.length : -1;
    }
  }
  let at = bytes[from] === code('-') ? from + 1 : from;
  if (at < end && bytes[at] === code('0')) at += 1;
  else at = endOfDigits(bytes, at, end);
  if (at > 0 && at < end && bytes[at] === code('.')) at = endOfDigits(bytes, at + 1, end);
  if (at > 0 && at < end && ((bytes[at] as number) | 0x20) === code('e')) {
    const sign = bytes[at + 1] === code('+') || bytes[at + 1] === code('-') ? 1 : 0;
    at = endOfDigits(bytes, at + 1 + sign, end);
  }
  return at;
}

/** Past one or more digits, or -1. */
function endOfDigits(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && digit[bytes[at] as number] === 1) at += 1;
  return at > from ? at : -1;
}

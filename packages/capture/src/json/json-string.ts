import { endOfSequence } from './utf8.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LETTER_U = 0x75;

const among = (letters: string): Uint8Array => {
  const table = new Uint8Array(256);
  for (const letter of letters) table[letter.charCodeAt(0)] = 1;
  return table;
};

/** Bytes that stand for themselves within a string: printable ASCII without quote and backslash, and DEL. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= SPACE && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);
const afterBackslash = among('"\\/bfnrtu');
const hex = among('0123456789abcdefABCDEF');

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
  if (letter !== LETTER_U) return backslash + 2;
  if (backslash + 6 > end) return -1;
  for (let at = backslash + 2; at < backslash + 6; at += 1) {
    if (hex[bytes[at] as number] !== 1) return -1;
  }
  return backslash + 6;
}

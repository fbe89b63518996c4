// Words of a text and what they say once an encoding is undone, or two of them: hexadecimal, base64 (both alphabets),
// percent encoding, the escapes of JSON and the character references of HTML. Pure, and linear in the length of the text.

/** A run of the characters that any of these encodings consists of. */
export const WORD: RegExp = /[A-Za-z0-9+/=_.%\\&#;-]{8,}/g;

export const isWord = (text: string): boolean => /^[A-Za-z0-9+/=_.%\\&#;-]*$/.test(text);

/** The same for bytes: 1 where a byte may stand in a word. */
const WORD_BYTES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(/[A-Za-z0-9+/=_.%\\&#;-]/.test(String.fromCharCode(byte))),
);

/** Longer words are looked at piece by piece; the pieces overlap by more than an encoded token's prefix. */
const MAX_WORD = 4_096;
const OVERLAP = 256;

/** A word in which a piece of a secret can stand is at least this long. */
const MIN_WORD = 20;

/** A frame with more of long words than this is not looked through: it passes. */
const MAX_WORD_BYTES = 65_536;

/** Whether any word of the bytes passes. This runs for every frame: each word covers a byte that is looked at. */
export function someWord(bytes: Uint8Array, passes: (word: string) => boolean): boolean {
  const { length } = bytes;
  let seen = 0;
  for (let at = MIN_WORD - 1; at < length; at += MIN_WORD) {
    if (WORD_BYTES[bytes[at] as number] === 0) continue;
    let start = at;
    while (start > 0 && WORD_BYTES[bytes[start - 1] as number] === 1) start -= 1;
    let end = at + 1;
    while (end < length && WORD_BYTES[bytes[end] as number] === 1) end += 1;
    if (end - start >= MIN_WORD) {
      seen += end - start;
      if (seen > MAX_WORD_BYTES || somePiece(bytes, start, end, passes)) return true;
    }
    if (end > at + MIN_WORD) at = end - 1;
  }
  return false;
}

function somePiece(
  bytes: Uint8Array,
  start: number,
  end: number,
  passes: (word: string) => boolean,
): boolean {
  for (let from = start; end - from >= MIN_WORD; from += MAX_WORD - OVERLAP) {
    const length = Math.min(end - from, MAX_WORD);
    if (passes(Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1'))) return true;
  }
  return false;
}

/** Everything a word may say: itself, and what it says without one layer of encoding, or two. */
export function readingsOf(word: string): readonly string[] {
  const once = withoutOneLayer(word);
  return [word, ...once, ...once.flatMap(withoutOneLayer)];
}

function withoutOneLayer(word: string): readonly string[] {
  const once = unescaped(word);
  const twice = unescaped(once);
  return [...new Set([word, once, twice])].flatMap((text, index) => [
    ...(index === 0 ? [] : [text]),
    ...decoded(text, HEXADECIMAL, 'hex'),
    ...decoded(text, BASE64, 'base64'),
  ]);
}

/** A token begins with the base64 of `{"`: `eyJ`. */
export const looksLikeToken = (reading: string): boolean => /eyJ[A-Za-z0-9_-]{17}/.test(reading);

const ESCAPE =
  /(?:%|\\{1,4}(?:u00|x))([0-9A-Fa-f]{2})|&(?:amp;){0,2}#(?:[xX]0{0,4}([0-9A-Fa-f]{2})|0{0,4}([0-9]{2,3}));/g;

/** Percent encoding, the escapes of JSON and the references of HTML undone, as far as they stand for one byte. */
export function unescaped(text: string): string {
  return text
    .replace(ESCAPE, (_, escape?: string, hex?: string, decimal?: string) =>
      String.fromCharCode(
        decimal === undefined ? Number.parseInt(escape ?? hex ?? '', 16) : Number(decimal) & 0xff,
      ),
    )
    .replace(/\\{1,4}\//g, '/');
}

/** Where they stand for printable ASCII, as secrets consist of: other long words cost little. */
const HEXADECIMAL = /(?:[2-7][0-9A-Fa-f]){6,}/g;
/** Four digits stand for three characters, each from 0x20 to 0x7f; the last may stand for fewer. */
const BASE64 =
  /(?:[I-Za-f][C-HS-Xi-nyz0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]){2,}[A-Za-z0-9+/_-]{0,3}/g;

const decoded = (text: string, run: RegExp, encoding: 'hex' | 'base64'): readonly string[] =>
  (text.match(run) ?? []).map((digits) => Buffer.from(digits, encoding).toString('latin1'));

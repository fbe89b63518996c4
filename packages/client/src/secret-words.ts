// Words of a text and what they say once an encoding is undone: raw, hexadecimal, base64 (both alphabets), percent
// encoding and the escapes of JSON. Pure, and linear in the length of the text.

/** A run of the characters that any of these encodings consists of. */
export const WORD: RegExp = /[A-Za-z0-9+/=_.%\\-]{8,}/g;

export const isWord = (text: string): boolean => /^[A-Za-z0-9+/=_.%\\-]*$/.test(text);

/** The same for bytes: 1 where a byte may stand in a word. */
const WORD_BYTES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(/[A-Za-z0-9+/=_.%\\-]/.test(String.fromCharCode(byte))),
);

/** Longer words are looked at piece by piece; the pieces overlap by more than an encoded token's prefix. */
const LONGEST_WORD = 4_096;
const OVERLAP = 256;

/** The words of at least so many bytes; the other bytes are only counted. */
export function* wordsOf(bytes: Uint8Array, shortest: number): Generator<string, void, undefined> {
  let start = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    if (WORD_BYTES[bytes[at] ?? 0] === 1) continue;
    for (let from = start; at - from >= shortest; from += LONGEST_WORD - OVERLAP)
      yield Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(at - from, LONGEST_WORD)).toString(
        'latin1',
      );
    start = at + 1;
  }
}

/** Everything a word may say: itself, without its escapes, and what its runs of hexadecimal or base64 decode to. */
export function readingsOf(word: string): readonly string[] {
  const once = unescaped(word);
  const twice = unescaped(once);
  return [...new Set([word, once, twice])].flatMap((text) => [
    text,
    ...decoded(text, /[0-9A-Fa-f]{12,}/g, 2, 'hex'),
    ...decoded(text, /[A-Za-z0-9+/_-]{8,}/g, 4, 'base64'),
  ]);
}

/** A token begins with the base64 of `{"`: `eyJ`. */
export const looksLikeToken = (reading: string): boolean => /eyJ[A-Za-z0-9_-]{17}/.test(reading);

/** Percent encoding and the escapes of JSON undone, as far as they stand for one byte. */
export function unescaped(text: string): string {
  return text
    .replace(/(?:%|\\{1,4}u00|\\{1,4}x)([0-9A-Fa-f]{2})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    )
    .replace(/\\{1,4}\//g, '/');
}

/** A run may begin inside a group of digits: it is read from each of its first digits. */
function decoded(text: string, run: RegExp, group: 2 | 4, encoding: 'hex' | 'base64'): readonly string[] {
  return (text.match(run) ?? []).flatMap((digits) =>
    Array.from({ length: group }, (_, skipped) =>
      Buffer.from(digits.slice(skipped), encoding).toString('latin1'),
    ),
  );
}

import { encodeUtf8 } from './utf8.ts';

/** ASCII text of at least four bytes that is compared four bytes at a time. */
export interface FixedText {
  readonly length: number;
  readonly words: readonly number[];
  /** The last four bytes; they overlap the last of `words` when the length is no multiple of four. */
  readonly lastWord: number;
}

export function fixedText(text: string): FixedText {
  const view = new DataView(encodeUtf8(text).buffer);
  const words = Array.from({ length: text.length >> 2 }, (_, n) => view.getInt32(4 * n, true));
  return { length: text.length, words, lastWord: view.getInt32(text.length - 4, true) };
}

/** Where the text ends that stands at `at`, or -1 when something else does. */
export function endOfFixed(bytes: DataView, at: number, end: number, text: FixedText): number {
  const { length, words, lastWord } = text;
  if (at + length > end || bytes.getInt32(at + length - 4, true) !== lastWord) return -1;
  for (let n = 0; n < words.length; n += 1) {
    if (bytes.getInt32(at + 4 * n, true) !== words[n]) return -1;
  }
  return at + length;
}

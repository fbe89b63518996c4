import type { FrameSource } from './frame-source.ts';

/** Constant text between the values of a frame, prepared to be compared eight bytes at a time. */
export interface Literal {
  readonly length: number;
  /** The text in steps of eight bytes, without the last eight. */
  readonly words: Float64Array;
  readonly lastWord: number;
}

const WORD = 8;

/** Prepares constant text of at least eight ASCII characters. */
export function literal(text: string): Literal {
  const count = Math.floor((text.length - 1) / WORD);
  return {
    length: text.length,
    words: Float64Array.from({ length: count }, (_, index) =>
      word(text.slice(index * WORD, (index + 1) * WORD)),
    ),
    lastWord: word(text.slice(-WORD)),
  };
}

/**
 * Eight characters as the double that has the same bytes. Printable ASCII is never a NaN or a zero, so two such
 * doubles are equal exactly when all their bytes are; and one comparison does the work of eight.
 */
export function word(text: string): number {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return new DataView(bytes.buffer).getFloat64(0, true);
}

/** Whether the literal stands at a position. */
export function matches(source: FrameSource, position: number, expected: Literal): boolean {
  const end = position + expected.length;
  if (end > source.end) return false;
  const { view } = source;
  const { words } = expected;
  let at = position;
  for (let index = 0; index < words.length; index += 1) {
    if (view.getFloat64(at, true) !== words[index]) return false;
    at += WORD;
  }
  return view.getFloat64(end - WORD, true) === expected.lastWord;
}

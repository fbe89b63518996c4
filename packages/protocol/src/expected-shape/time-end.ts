import type { FrameSource } from './frame-source.ts';
import { textEnd } from './value-end.ts';

const WORD = 8;

/** How the last time that was read began: `2026-09-30T02:39`. All times of a minute begin alike. */
const lastBeginning = new Float64Array(2);

/** `textEnd` for a time: what equals the beginning of the last one need not be looked at byte by byte again. */
export function timeEnd(source: FrameSource, position: number): number {
  const { view, end } = source;
  const rest = position + 2 * WORD;
  if (rest > end) return -1;
  const first = view.getFloat64(position, true);
  const second = view.getFloat64(position + WORD, true);
  if (first === lastBeginning[0] && second === lastBeginning[1]) return textEnd(source, rest);
  const quote = textEnd(source, position);
  if (quote >= rest) {
    lastBeginning[0] = first;
    lastBeginning[1] = second;
  }
  return quote;
}

/** Whether a text that was read at an earlier position stands here again, with the quote that ends it. */
export function repeats(source: FrameSource, position: number, earlier: number, length: number): boolean {
  if (length < WORD || position + length >= source.end) return false;
  const { view } = source;
  for (let offset = 0; offset < length - WORD; offset += WORD) {
    if (view.getFloat64(position + offset, true) !== view.getFloat64(earlier + offset, true)) return false;
  }
  const last = length - WORD + 1;
  return view.getFloat64(position + last, true) === view.getFloat64(earlier + last, true);
}

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

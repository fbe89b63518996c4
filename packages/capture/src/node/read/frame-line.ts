import { AT_LENGTH } from './frame-view.ts';
import type { FrameCut } from './frame-view.ts';

/** Longer numbers than this may not be exact; `parseRecord` judges them. */
const MAX_DIGITS = 15;
const ZERO = 0x30;
const COLON = 0x3a;
const CLOSE_BRACE = 0x7d;

/** The constant text of a line in four-byte words, the way a little-endian `getInt32` reads them. */
function words(text: string): Int32Array {
  const bytes = Buffer.from(text, 'latin1');
  return Int32Array.from({ length: text.length >> 2 }, (_, n) => bytes.readInt32LE(n * 4));
}

const [KIND_0, KIND_1, KIND_2, KIND_3, KIND_4, KIND_5, KIND_6] = words('{"kind":"frame","connection"');
const [INDEX_0, INDEX_1] = words(',"index"');
const [AT_0, AT_1] = words(',"att":"');
const [MONO_0, MONO_1] = words('","mono"');
const [RAW_0, RAW_1] = words(',"raaw":');

/** More than everything before the payload can take. */
const LONGEST_HEAD = 160;

/**
 * Takes a frame's line apart by the places of its parts, if it looks the way the writer makes it for nearly
 * every frame. What this accepts, `parseRecord` accepts, with the same result; `false` means only that
 * `parseRecord` has to look. The line goes from `from` to its newline at `to`.
 */
export function cutFrame(bytes: Buffer, view: DataView, from: number, to: number, cut: FrameCut): boolean {
  if (from + LONGEST_HEAD > bytes.length || bytes[to - 1] !== CLOSE_BRACE || !startsFrame(view, from)) {
    return false;
  }
  let at = from + 28;
  if (bytes[at] !== COLON) return false;
  at = digits(bytes, at + 1);
  cut.connection = number;
  if (view.getInt32(at, true) !== INDEX_0 || view.getInt32(at + 4, true) !== INDEX_1) return false;
  if (bytes[at + 8] !== COLON) return false;
  at = digits(bytes, at + 9);
  cut.index = number;
  if (view.getInt32(at, true) !== AT_0 || view.getInt32(at + 3, true) !== AT_1) return false;
  cut.at = at + 7;
  at += 7 + AT_LENGTH;
  if (view.getInt32(at, true) !== MONO_0 || view.getInt32(at + 4, true) !== MONO_1) return false;
  if (bytes[at + 8] !== COLON) return false;
  at = digits(bytes, at + 9);
  cut.mono = number;
  if (view.getInt32(at, true) !== RAW_0 || view.getInt32(at + 3, true) !== RAW_1) return false;
  cut.from = at + 7;
  cut.to = to - 1;
  return cut.connection >= 0 && cut.index >= 0 && cut.mono >= 0 && cut.from < cut.to;
}

function startsFrame(view: DataView, at: number): boolean {
  return (
    view.getInt32(at, true) === KIND_0 &&
    view.getInt32(at + 4, true) === KIND_1 &&
    view.getInt32(at + 8, true) === KIND_2 &&
    view.getInt32(at + 12, true) === KIND_3 &&
    view.getInt32(at + 16, true) === KIND_4 &&
    view.getInt32(at + 20, true) === KIND_5 &&
    view.getInt32(at + 24, true) === KIND_6
  );
}

/** Number read by {@link digits}; -1 when it was not spelled as the writer spells it. */
let number = 0;

/** Past the digits at `from`. */
function digits(bytes: Buffer, from: number): number {
  let at = from;
  let value = 0;
  for (;;) {
    const digit = (bytes[at] as number) - ZERO;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
    at += 1;
    if (at - from > MAX_DIGITS) break;
  }
  const length = at - from;
  number = length === 0 || length > MAX_DIGITS || (length > 1 && bytes[from] === ZERO) ? -1 : value;
  return at;
}

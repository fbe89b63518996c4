import { CaptureError } from '../../format/error.ts';
import { skipSpaces } from '../../json/json-scalar.ts';
import { endOfString } from '../../json/json-string.ts';
import { endOfValue } from '../../json/is-one-line-object.ts';

const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;

/** A frame of a published file. `ns` is its time column in nanoseconds. */
export interface FrameRow {
  readonly bytes: Uint8Array;
  readonly ns?: bigint;
}

/** Where a row stands, for the message when it makes no sense. */
export interface RowPlace {
  readonly file: string;
  readonly line: number;
  readonly offset: number;
}

/** The units that a time column comes in, as decimal places before the nanosecond. */
const UNITS = { ns: 0, us: 3, ms: 6, s: 9 } as const;
export type TimeUnit = keyof typeof UNITS;

/** A line of TSV: the time, a tab, and the frame up to the end of the line. */
export function tsvRow(line: Buffer, unit: TimeUnit, place: RowPlace): FrameRow {
  const tab = line.indexOf(TAB);
  const [, whole, fraction = ''] =
    /^(\d{1,20})(?:\.(\d{1,12}))?$/.exec(line.toString('latin1', 0, Math.max(tab, 0))) ?? [];
  if (whole === undefined) throw rowError(place, 'no number and tab before the frame');
  const places = UNITS[unit];
  const ns =
    BigInt(whole) * 10n ** BigInt(places) + BigInt(fraction.slice(0, places).padEnd(places, '0') || '0');
  return { ns, bytes: line.subarray(tab + 1) };
}

/** A line that is the frame, or, with a key, the frame under that key of an object. */
export function ndjsonRow(line: Buffer, frameKey: string | undefined, place: RowPlace): FrameRow {
  if (frameKey === undefined) return { bytes: line };
  const value = valueOf(line, frameKey);
  if (value === undefined) throw rowError(place, `no key ${JSON.stringify(frameKey)} in an object`);
  // A text within JSON text: the frame is what it says.
  return { bytes: value[0] === QUOTE ? Buffer.from(JSON.parse(value.toString()) as string) : value };
}

/** The bytes of the value under a top-level key. */
function valueOf(line: Buffer, key: string): Buffer | undefined {
  const end = line.length - 1;
  let at = 1;
  while (at < end && line[at] === QUOTE) {
    const keyEnd = endOfString(line, at + 1, end);
    if (keyEnd < 0) return undefined;
    const colon = skipSpaces(line, keyEnd, line.length);
    const from = skipSpaces(line, colon + 1, line.length);
    const to = line[colon] === COLON ? endOfValue(line, from, end) : -1;
    if (to < 0) return undefined;
    if (line.toString('utf8', at + 1, keyEnd - 1) === key) return line.subarray(from, to);
    const comma = skipSpaces(line, to, line.length);
    if (line[comma] !== COMMA) return undefined;
    at = skipSpaces(line, comma + 1, line.length);
  }
  return undefined;
}

/** A line as others end it: a carriage return before the newline is not part of a frame. */
export function withoutCarriageReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

function rowError({ file, line, offset }: RowPlace, reason: string): CaptureError {
  return new CaptureError('CAPTURE_CORRUPT', { file, line, offset, reason });
}

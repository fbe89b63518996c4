import type { CaptureRecord, GapRecord } from '../../format/records.ts';
import type { CaptureSource } from '../folder/list-files.ts';
import { frameOf, type FrameOrigin } from '../read/frame-view.ts';
import { frameTest, type FrameFilter } from '../read/filter.ts';
import { openCapture } from '../read/open-capture.ts';
import type { AccountingPort } from '../inspect/sequence-count.ts';

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Splits a recorded gap into the parts that no omitted late frame has filled. */
export type OpenParts = (run: string, record: GapRecord) => readonly GapRecord[];

/**
 * Reads the source for late frames that the cut leaves out. They filled gaps of the recording, so that what they
 * brought is not missing, and the frames of the cut alone cannot show that.
 */
export async function findLeftOutLate(
  source: CaptureSource,
  options: FrameFilter & { readonly signal?: AbortSignal },
  numberOf: NonNullable<AccountingPort['numberOf']>,
): Promise<OpenParts> {
  const { channel: _channel, product: _product, where: _where, classify: _classify, ...rest } = options;
  const { accepts = () => true } = frameTest(options);
  const leftOut = new Map<string, Set<number>>();
  const stated = new Map<string, Range[]>();
  let origin: FrameOrigin = { run: '', zero: 0 };
  for await (const record of openCapture(source, { ...rest, strict: true })) {
    if (record.kind === 'header') origin = { run: record.run, zero: record.mono ?? 0 };
    const range = statedRange(record);
    if (range !== undefined) {
      const key = `${origin.run} ${range.connection}`;
      stated.set(key, [...(stated.get(key) ?? []), range]);
    }
    if (record.kind !== 'frame') continue;
    const key = `${origin.run} ${record.connection}`;
    const gaps = stated.get(key);
    if (gaps === undefined) continue;
    const frame = frameOf(record, origin);
    const number = accepts(frame) ? undefined : numberOf(frame.bytes);
    if (number === undefined || !gaps.some(({ from, to }) => number >= from && number <= to)) continue;
    leftOut.set(key, (leftOut.get(key) ?? new Set()).add(number));
  }
  return (run, record) => {
    const range = statedRange(record);
    const late = leftOut.get(`${run} ${range?.connection}`);
    if (range === undefined || late === undefined) return [record];
    return openRanges(range, late).map(({ from, to }) => ({ ...record, from, to, count: to - from + 1 }));
  };
}

function statedRange(record: CaptureRecord): (Range & { readonly connection: number }) | undefined {
  if (record.kind !== 'gap' || record.why !== 'sequence') return undefined;
  const { connection, from, to } = record;
  return connection === null || from === undefined || to === undefined ? undefined : { connection, from, to };
}

/** Returns a range without some numbers, as ranges. */
function openRanges({ from, to }: Range, without: ReadonlySet<number>): readonly Range[] {
  const ranges: Range[] = [];
  let start = from;
  for (const number of [...without].filter((one) => one >= from && one <= to).toSorted((a, b) => a - b)) {
    if (number > start) ranges.push({ from: start, to: number - 1 });
    start = number + 1;
  }
  if (start <= to) ranges.push({ from: start, to });
  return ranges;
}

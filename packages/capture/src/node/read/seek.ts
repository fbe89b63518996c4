import { isCaptureError } from '../../format/error.ts';
import { parseRecord } from '../../format/parse.ts';
import { readHeader } from './segment-reader.ts';
import { readLineBlocks } from './line-blocks.ts';
import type { CaptureFile } from '../folder/capture-file.ts';

const NEWLINE = 0x0a;
/** Closer than this, reading on costs less than another jump. */
const NEAR_BYTES = 512 * 1024;

/**
 * The first segment of a run that can hold something at or after `instant`, found by bisection over the
 * headers. Trusts that the wall clock grows through a run.
 */
export async function firstSegmentFor(run: readonly CaptureFile[], instant: string): Promise<number> {
  let low = 0;
  let high = run.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const header = await readHeader(run[middle] as CaptureFile).catch((error: unknown) => {
      if (isCaptureError(error) && error.code === 'CAPTURE_GONE') return 'gone';
      throw error;
    });
    // What was deleted meanwhile was the oldest.
    if (header === 'gone' || (header !== undefined && header.at <= instant)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * A byte of a plain segment, at the start of a line, before which everything is older than `instant`. Found
 * by bisection over the lines, with the same trust.
 */
export async function firstByteFor(file: CaptureFile, size: number, instant: string): Promise<number> {
  let low = 0;
  let high = size;
  while (high - low > NEAR_BYTES) {
    const stamped = await stampAfter(file, low + Math.floor((high - low) / 2), high);
    if (stamped !== undefined && stamped.at < instant) low = stamped.offset;
    else high = low + Math.floor((high - low) / 2);
  }
  return low;
}

interface StampedLine {
  readonly offset: number;
  readonly at: string;
}

/** The first line with a time that starts after `from` and before `limit`. */
async function stampAfter(file: CaptureFile, from: number, limit: number): Promise<StampedLine | undefined> {
  for await (const { bytes, offset } of readLineBlocks(file, { from, reuse: true })) {
    // Where the jump landed is most likely in the middle of a line.
    let start = offset === from ? bytes.indexOf(NEWLINE) + 1 : 0;
    while (start < bytes.length) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline;
      if (offset + start >= limit) return undefined;
      const line = parseRecord(bytes.subarray(start, end));
      if (line.kind === 'record' && 'at' in line.record)
        return { offset: offset + start, at: line.record.at };
      start = end + 1;
    }
  }
  return undefined;
}

import { isCaptureError } from '../../format/error.ts';
import type { AnyCaptureError } from '../../format/error.ts';
import { groupRuns } from '../folder/list-files.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import { sizeToRead } from '../fs/read-only.ts';
import { locateSegment } from '../folder/segment-location.ts';
import { firstByteFor, firstSegmentFor } from './seek.ts';

/** A segment to read next, and the byte to start at. */
export interface SegmentStart {
  /** The same object for all segments of one run. */
  readonly run: object;
  readonly file: CaptureFile;
  readonly from: number;
  /** As in `LineBlockOptions`. */
  readonly untilGrown?: (file: CaptureFile) => Promise<boolean>;
}

/** Segments that went before they were read. */
export type GoneSegments = Extract<AnyCaptureError, { code: 'CAPTURE_GONE' }>['details'];

/** The segments of these files in order, without those that are older than `instant` as a whole. */
export async function* walkSegments(
  files: readonly CaptureFile[],
  instant: string | undefined,
): AsyncGenerator<SegmentStart, void, undefined> {
  for (const run of groupRuns(files)) {
    for (const start of await startingAt(run, instant)) yield { run, ...start };
  }
}

/** The segments of a run that can hold something at or after `instant`, the first one from a byte near it. */
export async function startingAt(
  run: readonly CaptureFile[],
  instant: string | undefined,
): Promise<readonly Pick<SegmentStart, 'file' | 'from'>[]> {
  const first = instant === undefined ? 0 : await firstSegmentFor(run, instant);
  const files = run.slice(first).map((file) => ({ file, from: 0 }));
  const [start] = files;
  const file = start && locateSegment(start.file);
  if (instant === undefined || file === undefined || !isPlainText(file)) return files;
  return [{ file, from: await byteFor(file, instant) }, ...files.slice(1)];
}

/** Near the instant; 0 in a segment that is compressed or deleted while we look. */
async function byteFor(file: CaptureFile, instant: string): Promise<number> {
  try {
    return await firstByteFor(file, await sizeToRead(file.path), instant);
  } catch (error) {
    if (goneSegments(error) !== undefined || locateSegment(file)?.path !== file.path) return 0;
    throw error;
  }
}

export const isPlainText = ({ form }: CaptureFile): boolean => form === 'plain' || form === 'partial';

/** Returns the segments that a `CAPTURE_GONE` error names; `undefined` for another error. */
export function goneSegments(error: unknown): GoneSegments | undefined {
  return isCaptureError(error) && error.code === 'CAPTURE_GONE' ? error.details : undefined;
}

import { stat } from 'node:fs/promises';
import type { CaptureRecord } from '../records.ts';
import { iterateBatches } from './batch-iterator.ts';
import { frameOf } from './captured-frame.ts';
import type { CapturedFrame, FrameOrigin } from './captured-frame.ts';
import { frameTest } from './frame-filter.ts';
import type { FrameFilter, FrameTest } from './frame-filter.ts';
import { groupRuns, listCaptureFiles, withoutCopies } from './capture-files.ts';
import type { CaptureSource, CaptureFile } from './capture-files.ts';
import { readFrameBatches, readRecordBatches } from './segment-reader.ts';
import type { SegmentReadOptions } from './segment-reader.ts';
import { firstByteFor, firstSegmentFor } from './time-seek.ts';

export interface ReuseOptions {
  /**
   * Read into the same memory again. Faster, and what was handed out (a frame, a record, or a batch with all
   * in it) is then only valid until the next one is asked for. Default false: it stays as it is.
   */
  readonly reuse?: boolean;
}

export interface ReadOptions extends FrameFilter, ReuseOptions {
  /**
   * Also look into each frame that stands in its line as it came: is it one complete JSON object, as it was when it was
   * written? A line that has lost its newline, or is damaged where that changes the JSON, is then an error like any other
   * broken line. About twice the time. Default false: reading trusts the bytes of a frame.
   */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
}

/** Frames one by one, or many at a time for programs that count nanoseconds. Each iteration starts anew. */
export interface FrameStream extends AsyncIterable<CapturedFrame> {
  /**
   * What one read of the file brought, some hundred frames; never an empty batch. `reuse` is what the stream
   * was opened with unless it is given here.
   */
  batches(options?: ReuseOptions): AsyncIterable<readonly CapturedFrame[]>;
}

/** A capture to read from; opens its files when it is iterated. Iterating it gives every record in order. */
export interface Capture extends AsyncIterable<CaptureRecord> {
  readonly frames: FrameStream;
  /** The files that are read, in order: of copies of one segment only one. */
  segments(): Promise<readonly CaptureFile[]>;
}

/**
 * Opens a capture: a file, a folder, a glob pattern, or several. Plain, zstd and gzip segments are read
 * alike, and so is a `.partial` up to its last whole line. Runs follow each other in the order of their
 * names, the segments of a run in the order of their numbers, whatever order they were named in.
 *
 * A file on its own needs no header and no end, so a few lines cut out of a capture are a capture. But
 * every line has to be a record: reading trusts the bytes of a frame, not the shape of a line. Whether the
 * bytes are what was recorded is the question that `verifyCapture` answers.
 *
 * The filter holds for frames; of other records only time and connection are looked at. With `from`,
 * segments before it, and lines of a plain segment, are found by bisection, not read; that trusts the wall clock to grow
 * within a run, so frames within a stretch that it stepped back over may be left out.
 *
 * Iterating throws `CaptureError`: CAPTURE_NOT_FOUND, CAPTURE_EMPTY, CAPTURE_FOREIGN, CAPTURE_VERSION,
 * CAPTURE_CORRUPT, CAPTURE_IO.
 *
 * @throws CaptureError CAPTURE_OPTION for a filter that makes no sense
 */
export function openCapture(source: CaptureSource, options: ReadOptions = {}): Capture {
  const test = frameTest(options);
  const segments = async (): Promise<readonly CaptureFile[]> =>
    groupRuns(withoutCopies(await listCaptureFiles(source))).flat();
  const opened: Opened = {
    segments,
    test,
    signal: options.signal,
    reuse: options.reuse ?? false,
    strict: options.strict ?? false,
  };
  return {
    segments,
    frames: {
      batches: ({ reuse = opened.reuse } = {}) => frameBatches({ ...opened, reuse }),
      [Symbol.asyncIterator]: () => iterateBatches(frameBatches(opened)),
    },
    [Symbol.asyncIterator]: () => iterateBatches(recordBatches(opened)),
  };
}

/**
 * The frames of a capture, which is what a test most often wants:
 * `for await (const frame of frames('fixtures/btc.ndjson'))`. The same as `openCapture(…).frames`.
 *
 * @throws CaptureError as `openCapture`
 */
export function frames(source: CaptureSource, options: ReadOptions = {}): FrameStream {
  return openCapture(source, options).frames;
}

interface Opened {
  readonly segments: () => Promise<readonly CaptureFile[]>;
  readonly test: FrameTest;
  readonly signal: AbortSignal | undefined;
  readonly reuse: boolean;
  readonly strict: boolean;
}

/** How the items of one kind are read, chosen, and placed in time. */
interface Reading<T> {
  readonly read: (file: CaptureFile, options: SegmentReadOptions) => AsyncIterable<T[]>;
  readonly accepts: ((item: T) => boolean) | undefined;
  readonly at: (item: T) => string | undefined;
}

function frameBatches(opened: Opened): AsyncGenerator<readonly CapturedFrame[], void, undefined> {
  return filteredBatches(opened, {
    read: readFrameBatches,
    accepts: opened.test.accepts,
    at: (frame) => frame.at,
  });
}

function recordBatches(opened: Opened): AsyncGenerator<readonly CaptureRecord[], void, undefined> {
  const { test } = opened;
  let origin: FrameOrigin = { run: '', zero: 0 };
  return filteredBatches(opened, {
    read: readRecordBatches,
    accepts(record) {
      if (record.kind === 'header') origin = { run: record.run, zero: record.mono ?? 0 };
      if (record.kind === 'frame') return test.accepts?.(frameOf(record, origin)) ?? true;
      return test.acceptsOther(record);
    },
    at: (record) => ('at' in record ? record.at : undefined),
  });
}

async function* filteredBatches<T>(
  { segments, test, signal, reuse, strict }: Opened,
  { read, accepts, at }: Reading<T>,
): AsyncGenerator<readonly T[], void, undefined> {
  for (const run of groupRuns(await segments())) {
    for (const { file, from } of await startingAt(run, test.from)) {
      let past = false;
      for await (const batch of read(file, {
        from,
        reuse,
        strict,
        ...(signal === undefined ? {} : { signal }),
      })) {
        const accepted = accepts === undefined ? batch : batch.filter(accepts);
        if (accepted.length > 0) yield accepted;
        past = isPast(batch, at, test.to);
        if (past) break;
      }
      if (past) break;
    }
  }
}

/** Whether the rest of the run is later than what is wanted. */
function isPast<T>(
  batch: readonly T[],
  at: (item: T) => string | undefined,
  to: string | undefined,
): boolean {
  if (to === undefined) return false;
  const last = batch.findLast((item) => at(item) !== undefined);
  return last !== undefined && (at(last) ?? '') >= to;
}

/** The segments of a run that can hold something at or after `instant`, the first one from a byte near it. */
async function startingAt(
  run: readonly CaptureFile[],
  instant: string | undefined,
): Promise<readonly { readonly file: CaptureFile; readonly from: number }[]> {
  const first = instant === undefined ? 0 : await firstSegmentFor(run, instant);
  const files = run.slice(first).map((file) => ({ file, from: 0 }));
  const [start] = files;
  if (instant === undefined || start === undefined || !isPlainText(start.file)) return files;
  const { size } = await stat(start.file.path);
  return [{ file: start.file, from: await firstByteFor(start.file, size, instant) }, ...files.slice(1)];
}

const isPlainText = ({ form }: CaptureFile): boolean => form === 'plain' || form === 'partial';

import { CaptureError } from '../../format/error.ts';
import type { CaptureRecord } from '../../format/records.ts';
import { iterateBatches } from './batch-iterator.ts';
import { frameOf } from './frame-view.ts';
import type { CapturedFrame, FrameOrigin } from './frame-view.ts';
import { frameTest } from './filter.ts';
import type { FrameFilter, FrameTest } from './filter.ts';
import { groupRuns, listCaptureFiles, namedIn } from '../folder/list-files.ts';
import type { CaptureSource } from '../folder/list-files.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import { withoutCopies } from '../folder/copy-choice.ts';
import { resolveNamed } from '../fs/read-only.ts';
import { readFrameBatches, readRecordBatches } from './segment-reader.ts';
import type { SegmentReadOptions } from './segment-reader.ts';
import { followSegments } from './follow-segments.ts';
import { goneSegments, walkSegments } from './segment-walk.ts';
import type { GoneSegments, SegmentStart } from './segment-walk.ts';

export interface ReuseOptions {
  /**
   * Reuses the buffer: a frame, a record or a batch is valid until the next one is requested. Faster. Without it, all
   * stay valid. @default false
   */
  readonly reuse?: boolean;
}

export interface ReadOptions extends FrameFilter, ReuseOptions {
  /**
   * Also checks that each `raw` frame is one complete JSON object, which finds a line that has lost its newline and damage
   * that breaks the JSON. Takes about twice the time. Without it, reading trusts the bytes of a frame. @default false
   */
  readonly strict?: boolean;
  /**
   * Follows one folder as the recording grows, through rotation, sealing, compression and later runs: every frame once, in
   * order. Ends at `to`, when the loop is left, or when `signal` aborts, which rejects the iteration with its reason.
   * Without it, reading ends with what is there when the iteration starts. @default false
   */
  readonly follow?: boolean;
  /** First instant: RFC 3339 in UTC or a `Date`; with `follow` also `'now'`, the start of the iteration. @default all */
  readonly from?: string | Date;
  /** With `follow`: polling interval in ms where the file system reports no changes. @default 200 */
  readonly pollMs?: number;
  /**
   * Called for segments that were deleted or moved away before they could be read; reading continues after them.
   * Without it they are an error, CAPTURE_GONE, except at the start of a run of which nothing was read yet.
   */
  readonly onGone?: (gone: GoneSegments) => void;
  /** Called with each file before the first of its records is delivered. */
  readonly onSegment?: (file: CaptureFile) => void;
  /** Rejects the iteration with its reason when it aborts. */
  readonly signal?: AbortSignal;
}

/** Frames one by one, or in batches, which cost less. Each iteration starts from the beginning. */
export interface FrameStream extends AsyncIterable<CapturedFrame> {
  /**
   * Delivers the frames of one read of the file together, some hundred; never an empty batch. `reuse` defaults to the
   * option of the stream.
   */
  batches(options?: ReuseOptions): AsyncIterable<readonly CapturedFrame[]>;
}

/** A capture to read. Iterating it opens its files and delivers every record in order. */
export interface Capture extends AsyncIterable<CaptureRecord> {
  readonly frames: FrameStream;
  /** Lists the files to read, in order, with one copy of each segment. */
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
 * CAPTURE_CORRUPT, CAPTURE_GONE, CAPTURE_IO.
 *
 * @example
 * for await (const record of openCapture('capture')) console.log(record.kind);
 *
 * @throws CaptureError CAPTURE_OPTION for a filter that makes no sense
 */
export function openCapture(source: CaptureSource, options: ReadOptions = {}): Capture {
  const { follow = false, from, ...rest } = options;
  const fromNow = follow && from === 'now';
  const opened: Opened = {
    ...rest,
    follow,
    fromNow,
    source,
    test: frameTest(fromNow || from === undefined ? rest : { ...rest, from }),
    folder: follow ? folderToFollow(source) : undefined,
  };
  return {
    segments: () => segmentsOf(source),
    frames: {
      batches: ({ reuse = opened.reuse ?? false } = {}) => frameBatches({ ...opened, reuse }),
      [Symbol.asyncIterator]: () => oneByOne((stop) => frameBatches({ ...opened, stop })),
    },
    [Symbol.asyncIterator]: () => oneByOne((stop) => recordBatches({ ...opened, stop })),
  };
}

async function segmentsOf(source: CaptureSource): Promise<readonly CaptureFile[]> {
  return groupRuns(withoutCopies(await listCaptureFiles(source))).flat();
}

/** Leaving the loop has to end a wait for more. */
function oneByOne<T>(
  batches: (stop: AbortSignal) => AsyncIterable<readonly T[]>,
): AsyncIterableIterator<T, undefined, undefined> {
  const stop = new AbortController();
  return iterateBatches(batches(stop.signal), () => stop.abort());
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

interface Opened extends Omit<ReadOptions, 'from'> {
  readonly source: CaptureSource;
  readonly test: FrameTest;
  readonly fromNow: boolean;
  /** Of `follow`. */
  readonly folder: string | undefined;
  readonly stop?: AbortSignal;
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
  opened: Opened,
  { read, accepts, at }: Reading<T>,
): AsyncGenerator<readonly T[], void, undefined> {
  const { test, signal, reuse = false, strict = false, folder, onSegment } = opened;
  /** The run of which something was read, and the one whose rest is later than what is wanted. */
  let begun: object | undefined;
  let ended: object | undefined;
  for await (const { run, file, from, untilGrown } of segmentStarts(opened)) {
    if (run === ended) continue;
    const onOpen = (source: { readonly file: CaptureFile }): void => onSegment?.(source.file);
    try {
      for await (const batch of read(file, {
        from,
        reuse,
        strict,
        onOpen,
        ...(signal && { signal }),
        ...(untilGrown && { untilGrown }),
      })) {
        begun = run;
        const accepted = accepts === undefined ? batch : batch.filter(accepts);
        if (accepted.length > 0) yield accepted;
        if (!isPast(batch, at, test.to)) continue;
        ended = run;
        break;
      }
    } catch (error) {
      const gone = goneSegments(error);
      if (gone === undefined) throw error;
      if (folder !== undefined || begun === run) sayGone(opened, gone);
    }
    if (ended === run && folder !== undefined) return;
  }
}

async function* segmentStarts(opened: Opened): AsyncGenerator<SegmentStart, void, undefined> {
  const { source, folder, fromNow, test, signal, pollMs = 200, stop = NEVER } = opened;
  if (folder === undefined) {
    yield* walkSegments(await listCaptureFiles(source).then(withoutCopies), test.from);
    return;
  }
  await checkFolder(folder);
  yield* followSegments(folder, {
    fromNow,
    instant: test.from,
    pollMs,
    signal,
    stop,
    onGone: (gone) => sayGone(opened, gone),
  });
}

const NEVER = new AbortController().signal;

function sayGone({ onGone }: Opened, gone: GoneSegments): void {
  if (onGone === undefined) throw new CaptureError('CAPTURE_GONE', gone);
  onGone(gone);
}

async function checkFolder(path: string): Promise<void> {
  const named = await resolveNamed(path);
  if (named === undefined) throw new CaptureError('CAPTURE_NOT_FOUND', { path });
  if (!named.stats.isDirectory())
    throw new CaptureError('CAPTURE_OPTION', { option: 'follow', reason: 'takes a folder' });
}

/** The one path; whether it is a folder's is seen when it is read. */
function folderToFollow(source: CaptureSource): string {
  const [path, ...more] = namedIn(source);
  if (typeof path === 'string' && more.length === 0) return path;
  throw new CaptureError('CAPTURE_OPTION', { option: 'follow', reason: 'takes one folder' });
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

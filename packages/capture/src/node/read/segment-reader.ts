import { CaptureError } from '../../format/error.ts';
import { isOneLineObject } from '../../json/is-one-line-object.ts';
import { parseRecord } from '../../format/parse.ts';
import type { CaptureRecord, HeaderRecord } from '../../format/records.ts';
import { frameOf, viewFrame } from './frame-view.ts';
import type { CapturedFrame, FrameCut, FrameOrigin } from './frame-view.ts';
import { cutFrame } from './frame-line.ts';
import { readLineBlocks } from './line-blocks.ts';
import type { LineBlock, LineBlockOptions } from './line-blocks.ts';
import type { OpenedSource } from './byte-source.ts';
import type { CaptureFile } from '../folder/capture-file.ts';

const NEWLINE = 0x0a;

/** Result of reading a block: the items before the first broken line, and that line. */
interface Cut<T> {
  readonly batch: T[];
  readonly broken?: BrokenLine;
  /** It has the record that ends the segment. */
  readonly ended?: boolean;
}

/** A line that is no record, at a byte of the segment's text. */
interface BrokenLine {
  readonly offset: number;
  readonly reason: string;
  readonly version?: unknown;
}

export interface SegmentReadOptions extends LineBlockOptions {
  /** Check that each `raw` payload is one complete JSON object. */
  readonly strict?: boolean;
}

export interface FrameBatchOptions extends SegmentReadOptions {
  /** Called with every record between the frames, before the batch of frames around it is handed on. */
  readonly onRecord?: (record: CaptureRecord) => void;
}

/**
 * The frames of one segment, a batch per block. `zero` of a segment without a header, such as one cut out by
 * hand, is 0.
 */
export async function* readFrameBatches(
  file: CaptureFile,
  { onRecord, strict = false, ...options }: FrameBatchOptions,
): AsyncGenerator<CapturedFrame[], void, undefined> {
  const header = (options.from ?? 0) === 0 ? undefined : await readHeader(file);
  let origin: FrameOrigin = { run: header?.run ?? file.run ?? '', zero: header?.mono ?? 0 };
  const cut: FrameCut = { connection: 0, index: 0, mono: 0, at: 0, from: 0, to: 0, binary: false };

  function cutFrames(block: LineBlock): Cut<CapturedFrame> {
    const { bytes } = block;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return cutLines(block, strict, {
      takes: (from, to, batch) => {
        if (!cutFrame(bytes, view, from, to, cut)) return false;
        if (strict && !isOneLineObject(bytes.subarray(cut.from, cut.to))) return false;
        batch.push(viewFrame(origin, bytes, cut));
        return true;
      },
      onRecord: (record, batch) => {
        if (record.kind === 'header') origin = { run: record.run, zero: record.mono ?? 0 };
        if (record.kind === 'frame') batch.push(frameOf(record, origin));
        else onRecord?.(record);
      },
    });
  }

  yield* readCuts(file, options, cutFrames);
}

/** The records of one segment, a batch per block; kinds of later versions are skipped. */
export function readRecordBatches(
  file: CaptureFile,
  { strict = false, ...options }: SegmentReadOptions,
): AsyncGenerator<CaptureRecord[], void, undefined> {
  return readCuts(file, options, (block) =>
    cutLines<CaptureRecord>(block, strict, { onRecord: (record, batch) => void batch.push(record) }),
  );
}

interface LineSink<T> {
  /** Takes a line without parsing it; false leaves it to `onRecord`. */
  readonly takes?: (from: number, to: number, batch: T[]) => boolean;
  readonly onRecord: (record: CaptureRecord, batch: T[]) => void;
}

/** Goes through the lines of a block, up to the first broken one. */
function cutLines<T>(
  { bytes, offset }: LineBlock,
  strict: boolean,
  { takes, onRecord }: LineSink<T>,
): Cut<T> {
  const batch: T[] = [];
  let ended = false;
  for (let from = 0, to = 0; from < bytes.length; from = to + 1) {
    const newline = bytes.indexOf(NEWLINE, from);
    to = newline < 0 ? bytes.length : newline;
    if (takes?.(from, to, batch) === true) continue;
    const { record, broken } = readLine(bytes.subarray(from, to), offset + from, strict);
    if (broken !== undefined) return { batch, broken };
    if (record === undefined) continue;
    ended ||= record.kind === 'end';
    onRecord(record, batch);
  }
  return { batch, ended };
}

/** Hands on what stands before a broken line, and only then says that it is broken. */
async function* readCuts<T>(
  file: CaptureFile,
  options: LineBlockOptions,
  cutBlock: (block: LineBlock) => Cut<T>,
): AsyncGenerator<T[], void, undefined> {
  let opened = file;
  const onOpen = (source: OpenedSource): void => {
    opened = source.file;
    options.onOpen?.(source);
  };
  for await (const block of readLineBlocks(file, { ...options, onOpen })) {
    const { batch, broken, ended = false } = cutBlock(block);
    if (batch.length > 0) yield batch;
    // A writer whose fsync fails takes the end back and writes another one: what comes after it is not looked for.
    if (ended && options.untilGrown !== undefined) return;
    if (broken === undefined) continue;
    // A live or crashed writer leaves a torn line at the end; anywhere else a cut-off line is damage.
    if (!block.whole && opened.form === 'partial') return;
    throw await brokenLineError(
      opened,
      block.whole ? broken : { ...broken, reason: 'the last line is cut off' },
    );
  }
}

function readLine(
  bytes: Buffer,
  offset: number,
  strict: boolean,
): { readonly record?: CaptureRecord; readonly broken?: BrokenLine } {
  const line = parseRecord(bytes, { strict });
  switch (line.kind) {
    case 'record':
      return { record: line.record };
    case 'unknown':
      return {};
    case 'unsupported':
      return { broken: { offset, reason: 'version', version: line.version } };
    case 'corrupt':
      return { broken: { offset, reason: line.reason } };
  }
}

async function brokenLineError({ path, ...file }: CaptureFile, broken: BrokenLine): Promise<CaptureError> {
  const { offset, reason } = broken;
  if ('version' in broken)
    return new CaptureError('CAPTURE_VERSION', { file: path, version: broken.version });
  if (offset === 0) return new CaptureError('CAPTURE_FOREIGN', { file: path, reason });
  const line = await lineAt({ path, ...file }, offset);
  return new CaptureError('CAPTURE_CORRUPT', { file: path, line, offset, reason });
}

/** The number of the line that starts at `offset`, from 1. Counted only for an error, so not while reading. */
async function lineAt(file: CaptureFile, offset: number): Promise<number> {
  let line = 1;
  for await (const block of readLineBlocks(file, { reuse: true })) {
    for (let at = block.bytes.indexOf(NEWLINE); at >= 0; at = block.bytes.indexOf(NEWLINE, at + 1)) {
      if (block.offset + at >= offset) return line;
      line += 1;
    }
  }
  return line;
}

/** The first record of a segment when it is a header. */
export async function readHeader(file: CaptureFile): Promise<HeaderRecord | undefined> {
  for await (const [first] of readRecordBatches(file, { reuse: true })) {
    return first?.kind === 'header' ? first : undefined;
  }
  return undefined;
}

import { frameBytes, type CaptureRecord, type FrameRecord, type HeaderRecord } from '@feedtape/capture';
import {
  createSequenceCount,
  openCapture,
  type CaptureFile,
  type CountedRun,
  type FrameFilter,
  type SequenceCount,
  type SequenceTotals,
} from '@feedtape/capture/node';
import { decode, type Decoded, type DecodedMessage, isAbout, LIMITS, peekDecoded } from '@feedtape/protocol';
import type { PlannedFile } from '../read/reading-plan.ts';
import type { ReadingSteps } from '../read/reading-steps.ts';
import { createFrameAccounting } from '../read/frame-accounting.ts';
import type { TableName } from './export-tables.ts';
import { rowsOf, type FramePlace } from './frame-rows.ts';
import {
  countChannel,
  countPartial,
  countUndecodable,
  createFrameTally,
  type FrameTally,
} from './frame-tally.ts';
import type { PartitionedOutput } from './partitioned-output.ts';
import { rowOfRecord } from './record-rows.ts';

export interface ExportOptions {
  readonly tables: ReadonlySet<TableName>;
  /** Frames to read. Products are selected by row, since a frame may be about several. */
  readonly filter: FrameFilter;
  readonly products?: ReadonlySet<string>;
  readonly output: PartitionedOutput;
  readonly steps: ReadingSteps;
  readonly signal: AbortSignal;
}

/** What was read, with the sequence figures of all frames that the filter passes. */
export interface ExportedFrames {
  readonly tally: FrameTally;
  readonly sequence: SequenceTotals;
}

/**
 * Reads a capture once and writes its rows to the output, in the order of the records.
 *
 * @throws CaptureError as `openCapture`; the signal's reason when it aborts
 */
export async function exportCapture(
  files: readonly PlannedFile[],
  options: ExportOptions,
): Promise<ExportedFrames> {
  const { filter, output, steps, signal } = options;
  const tally = createFrameTally();
  const count = createSequenceCount(createFrameAccounting());
  const runs = createRunTracking(count, filter);
  const onSegment = (file: CaptureFile): void => {
    steps.options.onSegment(file);
    runs.open(file);
  };
  const records = openCapture(files, { ...filter, ...steps.options, onSegment, signal, strict: true });
  for await (const record of records) {
    signal.throwIfAborted();
    runs.take(record);
    countRecord(count, record);
    steps.advance(exportRecord(record, runs.current, tally, options));
    if (output.full) await output.relieve();
  }
  return { tally, sequence: count.totals };
}

/** Tracks run and segment of the records for the sequence count. */
interface RunTracking {
  readonly current: string;
  open(file: CaptureFile): void;
  take(record: CaptureRecord): void;
}

function createRunTracking(count: SequenceCount, filter: FrameFilter): RunTracking {
  let current = '';
  let counted: string | undefined;
  /** A segment that was opened and has given no record yet. */
  let opened: CaptureFile | undefined;

  function begin(run: CountedRun): void {
    if (run.run !== counted) count.startRun(run);
    counted = run.run;
  }

  return {
    get current() {
      return current;
    },
    open(file) {
      opened = file;
      current = file.run ?? '';
    },
    take(record) {
      if (record.kind === 'header') {
        current = record.run;
        begin(countedRun(record, filter));
      } else if (opened?.run !== undefined) {
        // Seeking into the middle of a segment skips its header.
        begin({ run: current, whole: false, chosenBy: Object.keys(filter) });
      }
      if (opened?.segment !== undefined) count.segment(opened.segment);
      opened = undefined;
    },
  };
}

/** Frames that the filter, or an earlier `cut`, leaves out are not missing. */
function countedRun({ run, segment, origin }: HeaderRecord, filter: FrameFilter): CountedRun {
  const chosenBy = [...Object.keys(filter), ...(origin?.chosenBy ?? [])];
  return { run, whole: segment === 0, chosenBy };
}

function countRecord(count: SequenceCount, record: CaptureRecord): void {
  if (record.kind === 'frame') count.frame(record.connection, frameBytes(record), record.index);
  else if (record.kind === 'gap') count.gap(record);
  else if (record.kind === 'connection' && record.event === 'open') count.opened(record.connection);
}

/** Exports one record. Returns the bytes of a frame, 0 for other records. */
function exportRecord(record: CaptureRecord, run: string, tally: FrameTally, options: ExportOptions): number {
  if (record.kind === 'frame') return exportFrame(record, run, tally, options);
  if ((record.kind === 'gap' || record.kind === 'connection') && options.tables.has('gaps')) {
    options.output.add({ table: 'gaps', date: dateOf(record.at) }, [rowOfRecord(record, run)], 0);
  }
  return 0;
}

function exportFrame(record: FrameRecord, run: string, tally: FrameTally, options: ExportOptions): number {
  const { connection, index, at } = record;
  const bytes = frameBytes(record);
  tally.read += 1;
  const place = { run, connection, index, at };
  if (bytes.length > LIMITS.largestFrameBytes) {
    countUndecodable(tally, {
      ...place,
      channel: undefined,
      why: 'longer than any frame of the exchange',
    });
    return bytes.length;
  }
  const decoded = decode(bytes);
  if (decoded.kind === 'message') exportMessage(decoded, { place, size: bytes.length }, tally, options);
  else countOther(decoded, place, tally);
  return bytes.length;
}

function exportMessage(
  message: DecodedMessage,
  { place, size }: { readonly place: FramePlace; readonly size: number },
  tally: FrameTally,
  { tables, products, output }: ExportOptions,
): void {
  const { channel } = message;
  const found = rowsOf(message, place);
  if (found === undefined || !tables.has(found.table)) return countChannel(tally.withoutTable, channel);
  if (products !== undefined && !isAboutOne(message, products)) {
    tally.notSelected += 1;
    return;
  }
  const chosen = found.products.filter(({ productId }) => products?.has(productId) !== false);
  tally.exported += 1;
  const [odd] = message.oddities ?? [];
  if (odd !== undefined)
    countPartial(tally, { ...place, channel, why: `left out ${odd.omitted}: ${odd.path}: ${odd.message}` });
  const date = dateOf(place.at);
  for (const { productId, rows } of chosen) {
    output.add({ table: found.table, date, channel, productId }, rows, size);
  }
}

/** Selects frames as `cat` and `cut` do. */
function isAboutOne(message: DecodedMessage, products: ReadonlySet<string>): boolean {
  const peeked = peekDecoded(message);
  return [...products].some((product) => isAbout(peeked, product));
}

function countOther(
  decoded: Exclude<Decoded, { kind: 'message' }>,
  place: FramePlace,
  tally: FrameTally,
): void {
  switch (decoded.kind) {
    case 'unknown':
      return countChannel(tally.unknown, decoded.channel);
    case 'error':
      tally.errors += 1;
      return;
    case 'malformed':
      return countUndecodable(tally, { ...place, channel: undefined, why: decoded.reason });
    case 'invalid': {
      const [issue] = decoded.issues;
      const why = issue === undefined ? 'rejected by its schema' : `${issue.path}: ${issue.message}`;
      return countUndecodable(tally, { ...place, channel: decoded.channel, why });
    }
  }
}

/** The reader has validated the time. */
const dateOf = (at: string): string => at.slice(0, 'yyyy-mm-dd'.length);

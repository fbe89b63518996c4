import { dirname } from 'node:path';
import type { CaptureRecord, GapReason, GapRecord, HeaderRecord } from '../../format/records.ts';
import { publicUrl } from '../../format/redact-request.ts';
import type { OpenedSource } from '../read/byte-source.ts';
import { groupRuns, listCaptureFiles } from '../folder/list-files.ts';
import { createConnectionBudget } from '../read/connection-budget.ts';
import type { CaptureSource } from '../folder/list-files.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import { withoutCopies } from '../folder/copy-choice.ts';
import type { CapturedFrame } from '../read/frame-view.ts';
import { frameTest } from '../read/filter.ts';
import type { Classify, FrameFilter } from '../read/filter.ts';
import { createFrameStatistics, OTHER } from './frame-statistics.ts';
import type { ConnectionSummary, FrameSummary, LargeFrame } from './frame-statistics.ts';
import { isHeld } from '../lock/lock-holder.ts';
import { goneSegments } from '../read/segment-walk.ts';
import { readFrameBatches } from '../read/segment-reader.ts';
import { addTotals, createSequenceCount, noTotals } from './sequence-count.ts';
import type { AccountingPort, CountedRun, SequenceTotals } from './sequence-count.ts';

export interface InspectOptions {
  /** Reads channel and products of a frame, as `peek` of `@feedtape/protocol` does. @default neither is reported */
  readonly classify?: Classify;
  /** Counts frames by their sequence numbers. @default no sequence figures are reported */
  readonly accounting?: AccountingPort;
  /** Selects the frames to describe; `sequence` and `gaps` always cover all of them. @default all */
  readonly filter?: FrameFilter;
  /** Number of largest frames to list. @default 5 */
  readonly largest?: number;
  /** Called with every frame in order; the frame is valid during the call. */
  readonly onFrame?: (frame: CapturedFrame) => void;
  /**
   * Called with every gap and its time in monotonic nanoseconds since the start of the run, as frames have it. Frames are
   * read in batches: a gap may be reported before frames that were received before it.
   */
  readonly onGap?: (gap: GapRecord, run: string, mono: number) => void;
  /** Called now and then: the file that is being read, its number from 1, and the bytes of frames read so far. */
  readonly onProgress?: (progress: {
    readonly file: string;
    readonly number: number;
    readonly bytes: number;
  }) => void;
  readonly signal?: AbortSignal;
}

/** A file, and what its own header and end say. */
export interface SegmentSummary {
  readonly path: string;
  readonly form: CaptureFile['form'];
  readonly bytesOnDisk: number;
  readonly header: HeaderRecord | undefined;
  /** Why it ended; `undefined` when it has no end, as one that is being written. */
  readonly ended: string | undefined;
  /** Somebody was writing it, so that it is read up to what was its last whole line. */
  readonly live: boolean;
}

/** Gap records of one reason. `count` is what they lacked when they were found, without those of `unknown` extent. */
export interface GapSummary {
  readonly why: GapReason | typeof OTHER;
  readonly records: number;
  readonly count: number;
  readonly unknown: number;
}

export interface RunSummary extends FrameSummary {
  readonly run: string;
  readonly url: string | undefined;
  readonly software: string | undefined;
  readonly private: boolean;
  readonly segments: readonly SegmentSummary[];
  readonly connections: readonly ConnectionSummary[];
  readonly gaps: readonly GapSummary[];
  /** Sequence figures of the run; only with an `accounting`. */
  readonly sequence: SequenceTotals | undefined;
  /** Steps of the wall clock. */
  readonly clockSteps: number;
}

/** Contents of a capture. */
export interface Inspection {
  readonly runs: readonly RunSummary[];
  readonly frames: number;
  /** Of the frames themselves; on disk there is the compressed text of all records. */
  readonly frameBytes: number;
  readonly bytesOnDisk: number;
  /** Of all runs. */
  readonly sequence: SequenceTotals | undefined;
  /** The largest frames first. */
  readonly largest: readonly LargeFrame[];
}

/**
 * Reads a capture and describes it: runs, segments, connections, channels and products, rates, gaps, sizes. Memory grows
 * with the number of segments and connections, not of frames.
 *
 * @throws CaptureError as `openCapture`
 */
export async function inspectCapture(
  source: CaptureSource,
  options: InspectOptions = {},
): Promise<Inspection> {
  const runs: RunSummary[] = [];
  const largest: LargeFrame[] = [];
  const tell = progressOf(options.onProgress);
  for (const files of groupRuns(withoutCopies(await listCaptureFiles(source)))) {
    const { summary, large } = await inspectRun(files, options, tell);
    runs.push(summary);
    largest.push(...large);
  }
  const sum = (key: 'frames' | 'frameBytes'): number => runs.reduce((total, run) => total + run[key], 0);
  const sequence = options.accounting && noTotals();
  for (const run of runs) if (sequence && run.sequence) addTotals(sequence, run.sequence);
  return {
    runs,
    frames: sum('frames'),
    frameBytes: sum('frameBytes'),
    bytesOnDisk: runs
      .flatMap(({ segments }) => segments)
      .reduce((total, { bytesOnDisk }) => total + bytesOnDisk, 0),
    sequence,
    largest: largest.toSorted((a, b) => b.bytes - a.bytes).slice(0, options.largest ?? 5),
  };
}

/** Most reasons of gaps that are counted separately; a recorder has half a dozen. */
const MOST_REASONS = 100;

/** Sums up what is read, over all runs. */
function progressOf(
  onProgress: InspectOptions['onProgress'] = () => undefined,
): (file: string, batch: readonly CapturedFrame[]) => void {
  let [number, bytes, current] = [0, 0, ''];
  return (file, batch) => {
    if (file !== current) number += 1;
    current = file;
    for (const { byteLength } of batch) bytes += byteLength;
    onProgress({ file, number, bytes });
  };
}

async function inspectRun(
  files: readonly CaptureFile[],
  { classify, accounting, filter = {}, largest = 5, onFrame, onGap, signal }: InspectOptions,
  tell: (file: string, batch: readonly CapturedFrame[]) => void,
): Promise<{ readonly summary: RunSummary; readonly large: readonly LargeFrame[] }> {
  const statistics = createFrameStatistics({ classify, largest });
  const count = accounting && createSequenceCount(accounting);
  const { accepts } = frameTest(filter);
  const budget = createConnectionBudget();
  const gaps = new Map<GapSummary['why'], GapSummary>();
  const segments: SegmentSummary[] = [];
  let clockSteps = 0;
  for (const listed of files) {
    let file = listed;
    let bytesOnDisk = 0;
    let header: HeaderRecord | undefined;
    let ended: string | undefined;
    const onRecord = (record: CaptureRecord): void => {
      if (record.kind === 'header') {
        header = record;
        if (segments.length === 0) count?.startRun(countedRun(record));
        count?.segment(file.segment ?? record.segment);
      }
      if (record.kind === 'end') ended = record.why;
      if (record.kind === 'clock') clockSteps += 1;
      if (record.kind === 'gap') {
        const why = gaps.has(record.why) || gaps.size < MOST_REASONS ? record.why : OTHER;
        gaps.set(why, plusGap(gaps.get(why), { why, count: record.count }));
        count?.gap(record);
        onGap?.(record, header?.run ?? file.run ?? '', (header?.mono ?? 0) + record.mono);
      }
      if ('connection' in record && record.connection !== null) budget.see(record.connection, file.path);
      if (record.kind === 'connection') {
        statistics.event(record.connection, record.event);
        if (record.event === 'open') count?.opened(record.connection);
      }
    };
    const onOpen = (source: OpenedSource): void => {
      ({ file, bytesOnDisk } = source);
    };
    const options = { onRecord, onOpen, reuse: true, strict: true, ...(signal && { signal }) };
    try {
      for await (const batch of readFrameBatches(listed, options)) {
        for (const { connection } of batch) budget.see(connection, file.path);
        const chosen = accepts === undefined ? batch : batch.filter(accepts);
        statistics.add(chosen);
        batch.forEach(({ connection, bytes, index }) => count?.frame(connection, bytes, index));
        tell(file.path, batch);
        if (onFrame !== undefined) chosen.forEach((frame) => onFrame(frame));
      }
    } catch (error) {
      // Deleted since it was listed, it is no part of what there is.
      if (goneSegments(error) !== undefined) continue;
      throw error;
    }
    const live = file.form === 'partial' && (await isHeld(dirname(file.path)));
    segments.push({ path: file.path, form: file.form, bytesOnDisk, header, ended, live });
  }
  const header = segments.find((segment) => segment.header !== undefined)?.header;
  const summary: RunSummary = {
    run: header?.run ?? files[0]?.run ?? '',
    url: header && publicUrl(header.url),
    software: header?.software,
    private: header?.private ?? false,
    ...statistics.summary(),
    segments,
    connections: statistics.connections(),
    gaps: [...gaps.values()],
    sequence: count?.totals,
    clockSteps,
  };
  return { summary, large: statistics.largest() };
}

function countedRun({ run, segment, origin }: HeaderRecord): CountedRun {
  return { run, whole: segment === 0, chosenBy: origin?.chosenBy ?? [] };
}

function plusGap(
  sum: GapSummary | undefined,
  gap: Pick<GapSummary, 'why'> & Pick<GapRecord, 'count'>,
): GapSummary {
  return {
    why: gap.why,
    records: (sum?.records ?? 0) + 1,
    count: (sum?.count ?? 0) + (gap.count ?? 0),
    unknown: (sum?.unknown ?? 0) + (gap.count === null ? 1 : 0),
  };
}

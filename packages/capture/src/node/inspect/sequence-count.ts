import { CaptureError } from '../../format/error.ts';
import { MAX_CONNECTIONS } from '../fs/limits.ts';
import type { GapRecord } from '../../format/records.ts';
import { createContinuity } from '../read/continuity.ts';

/** Verdict of a sequencer on a frame, in the shape of `@feedtape/sequencer`. */
export interface SequenceVerdict {
  readonly kind: 'first' | 'next' | 'gap' | 'late' | 'duplicate' | 'stale' | 'invalid';
  readonly missing?: { readonly from: number; readonly to: number };
  readonly count?: number;
  /** The number that the counting starts with came again. */
  readonly restart?: boolean;
}

/**
 * What a capture does not know: how frames are numbered. Called with every frame of a capture in order;
 * `undefined` for a frame that carries no number. Connections are counted anew in each run.
 */
export interface AccountingPort {
  judge(connection: number, bytes: Uint8Array, run: string): SequenceVerdict | undefined;
  /** The number of a frame: tells the late frames of a cut that left out others between them. */
  numberOf?(bytes: Uint8Array): number | undefined;
}

/** Sequence figures of a capture, as the glossary defines them. */
export interface SequenceTotals {
  /** Sockets that were opened, and connections that have frames though nothing says that they were opened. */
  readonly connections: number;
  readonly numbered: number;
  readonly unnumbered: number;
  /** Places where frames did not arrive, for whatever reason. */
  readonly gaps: number;
  /** Gaps of unknown extent, included in `gaps`. */
  readonly unknownGaps: number;
  /** Frames in the gaps of the numbering, without those that came late after all. */
  readonly missing: number;
  readonly late: number;
  /** Without restarts. */
  readonly duplicates: number;
  /** Frames that carry the first number of their connection again. */
  readonly restarts: number;
  readonly stale: number;
  readonly invalid: number;
  /** Frames that arrived and that the recorder could not write: in no gap, and not missing. */
  readonly dropped: number;
}

/** Properties of a run that counting needs. */
export interface CountedRun {
  readonly run: string;
  /** False when earlier segments of the run are not there. */
  readonly whole: boolean;
  /** What chose the frames that are counted, by this reading or before: see `CaptureOrigin`. */
  readonly chosenBy: readonly string[];
}

/** Counts the frames of a capture, run by run. */
export interface SequenceCount {
  readonly totals: SequenceTotals;
  startRun(run: CountedRun): void;
  opened(connection: number): void;
  /**
   * A segment of this number begins; they come in order. What the numbers of a connection jump over where segments were
   * left out is not missing: it may be in those.
   */
  segment(number: number): void;
  gap(record: GapRecord): void;
  /** The numbers that the frame shows to be missing before it. `index` is its own in the recording. */
  frame(connection: number, bytes: Uint8Array, index?: number): SequenceVerdict['missing'] | undefined;
}

interface Connection {
  /** Whether it is known where its counting began. */
  start: boolean;
  /** The index of its next frame. */
  next: number;
  missing: number;
  /** Of a cut that left out frames between others: the gaps that the recording stated. */
  readonly stated: { readonly from: number; readonly to: number }[];
}

/** Gaps of a connection in which a late frame is looked for; as many as a sequencer remembers. */
const MOST_STATED = 1024;

/**
 * Whether frames were left out from among those that were kept. The numbers then jump over them too, and only the gap
 * records, which such a cut keeps, know what was missing.
 */
export function choosesWithin(chosenBy: readonly string[]): boolean {
  return chosenBy.some((key) => key === 'channel' || key === 'product' || key === 'where');
}

type Counters = { -readonly [Name in keyof SequenceTotals]: number };

/** Counts nothing yet. */
export function noTotals(): Counters {
  return {
    connections: 0,
    numbered: 0,
    unnumbered: 0,
    gaps: 0,
    unknownGaps: 0,
    missing: 0,
    late: 0,
    duplicates: 0,
    restarts: 0,
    stale: 0,
    invalid: 0,
    dropped: 0,
  };
}

/** Adds the totals of a run to those of a capture. */
export function addTotals(sum: Counters, totals: SequenceTotals): void {
  for (const name of Object.keys(sum) as (keyof Counters)[]) sum[name] += totals[name];
}

/**
 * Counts the sequence figures of a capture while it is read.
 *
 * @example
 * const count = createSequenceCount(accounting);
 * count.startRun({ run: '', whole: true, chosenBy: [] });
 * for await (const frame of frames('capture')) count.frame(frame.connection, frame.bytes, frame.index);
 * console.log(count.totals.missing);
 */
export function createSequenceCount(port: AccountingPort): SequenceCount {
  const totals = noTotals();
  let run: CountedRun = { run: '', whole: true, chosenBy: [] };
  let connections = new Map<number, Connection>();
  let continuity = createContinuity();

  function connectionOf(number: number, start: boolean): Connection {
    let connection = connections.get(number);

    if (connection === undefined) {
      if (connections.size === MAX_CONNECTIONS) {
        const path = `run ${run.run}`;
        throw new CaptureError('CAPTURE_LIMIT', { path, what: 'connections', most: MAX_CONNECTIONS });
      }
      connection = { start, next: 0, missing: 0, stated: [] };
      connections.set(number, connection);
      totals.connections += 1;
    }
    return connection;
  }

  function addGap(connection: Connection, count: number): void {
    totals.gaps += 1;
    totals.missing += count;
    connection.missing += count;
  }

  /** Whether the first frame of a connection that nothing says was opened can tell what is missing before it. */
  const beginsWhole = (): boolean => run.whole && !run.chosenBy.includes('from');

  function add(verdict: SequenceVerdict, connection: Connection): void {
    if (verdict.restart === true) totals.restarts += 1;
    else if (verdict.kind === 'duplicate') totals.duplicates += 1;
    else if (verdict.kind === 'stale' || verdict.kind === 'invalid') totals[verdict.kind] += 1;
    else if (verdict.kind === 'late' && !choosesWithin(run.chosenBy)) fillGap(connection);
  }

  function fillGap(connection: Connection): void {
    totals.late += 1;
    // What was missing before the first segment that is there was never counted.
    if (connection.missing === 0) return;
    connection.missing -= 1;
    totals.missing -= 1;
  }

  /** In such a cut the verdicts are about the frames that were left out, too; the stated gaps are about all. */
  function fillStatedGap(connection: Connection, bytes: Uint8Array): void {
    const number = port.numberOf?.(bytes);
    if (number === undefined) return;
    const index = connection.stated.findIndex(({ from, to }) => number >= from && number <= to);
    const gap = connection.stated[index];
    if (gap === undefined) return;
    const rest = [
      { from: gap.from, to: number - 1 },
      { from: number + 1, to: gap.to },
    ];
    connection.stated.splice(index, 1, ...rest.filter(({ from, to }) => from <= to));
    fillGap(connection);
  }

  return {
    totals,
    startRun(next) {
      run = next;
      connections = new Map();
      continuity = createContinuity();
    },
    opened: (number) => void connectionOf(number, true),
    segment: (number) => continuity.segment(number),
    gap({ why, connection, from, to, count: stated }) {
      if (stated !== null && (why === 'disk_full' || why === 'backpressure')) totals.dropped += stated;
      else if (why !== 'sequence') {
        totals.gaps += 1;
        if (stated === null) totals.unknownGaps += 1;
      } else if (
        choosesWithin(run.chosenBy) &&
        connection !== null &&
        from !== undefined &&
        to !== undefined
      ) {
        const known = connectionOf(connection, beginsWhole());
        known.stated.push({ from, to });
        if (known.stated.length > MOST_STATED) known.stated.shift();
        addGap(known, to - from + 1);
      }
    },
    frame(number, bytes, index) {
      const connection = connectionOf(number, beginsWhole());
      if (index !== undefined && !continuity.follows(number, index)) connection.start = false;
      const dropped = index === undefined ? 0 : Math.max(0, index - connection.next);
      connection.next = (index ?? connection.next) + 1;
      const verdict = port.judge(number, bytes, run.run);
      if (verdict === undefined) {
        totals.unnumbered += 1;
        return undefined;
      }
      totals.numbered += 1;
      add(verdict, connection);
      if (connection.stated.length > 0) fillStatedGap(connection, bytes);
      const { start } = connection;
      connection.start = true;
      const { kind, missing } = verdict;
      if (kind !== 'gap' || missing === undefined || !start || choosesWithin(run.chosenBy)) return undefined;
      const count = missing.to - missing.from + 1 - dropped;
      if (count <= 0) return undefined;
      addGap(connection, count);
      return missing;
    },
  };
}

import { CaptureError } from '../../format/error.ts';
import type { GapRecord } from '../../format/records.ts';
import { MAX_HOLES } from '../fs/limits.ts';
import { createSequenceCount } from '../inspect/sequence-count.ts';
import type { AccountingPort, CountedRun, SequenceTotals } from '../inspect/sequence-count.ts';
import type { FindingPlace, Findings } from './finding.ts';
import type { IndexVerdict } from './frame-indices.ts';

/** A gap that was recorded (+) or that the frames show (−) and that has not met its counterpart. */
interface Unmatched {
  readonly place: FindingPlace;
  readonly side: 'recorded' | 'shown';
  readonly from: number;
  readonly to: number;
  readonly connection: number;
  readonly frame: number;
}

/** A frame, and whether it follows the one before it. */
export interface CheckedFrame {
  readonly connection: number;
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly verdict: IndexVerdict;
}

export interface SequenceAccounting {
  readonly totals: SequenceTotals;
  opened(connection: number): void;
  frame(frame: CheckedFrame, place: () => FindingPlace): void;
  gap(record: GapRecord, place: () => FindingPlace): void;
  startRun(run: AccountedRun): void;
  /** A segment begins; what was about to be noted in those that are left out can't be compared. */
  segment(number: number): void;
  /** `cutShort` when the writer died: what it was about to note is not there. */
  finishRun(cutShort: boolean): void;
}

export interface AccountedRun extends CountedRun {
  /** Recorded from a socket, so that the gaps were noted as they came. */
  readonly recorded: boolean;
}

interface Connection {
  frames: number;
  /** Frames are missing that the sequencer of the recording may have seen. */
  incomplete: boolean;
}

/** Recomputes the sequence gaps of a run from its frames and compares them with those recorded. */
export function createSequenceAccounting(port: AccountingPort, findings: Findings): SequenceAccounting {
  const count = createSequenceCount(port);
  let run: AccountedRun = { run: '', whole: true, chosenBy: [], recorded: true };
  let skipped = false;
  let expected = 0;
  let connections = new Map<number, Connection>();
  let unmatched = new Map<string, Unmatched[]>();
  let waitingCount = 0;

  function connectionOf(number: number): Connection {
    const known = connections.get(number) ?? { frames: 0, incomplete: false };
    connections.set(number, known);
    return known;
  }

  /** Meets the counterpart, or waits for it. */
  function meet(key: string, gap: Unmatched): void {
    // All that wait are of one side.
    const waiting = unmatched.get(key) ?? [];
    const meets = waiting[0] !== undefined && waiting[0].side !== gap.side;
    if (meets) waiting.pop();
    else waiting.push(gap);
    waitingCount += meets ? -1 : 1;
    if (waitingCount > MAX_HOLES) {
      const { file: path } = gap.place;
      throw new CaptureError('CAPTURE_LIMIT', { path, what: 'gaps that do not fit', most: MAX_HOLES });
    }
    if (waiting.length === 0) unmatched.delete(key);
    else unmatched.set(key, waiting);
  }

  /** Whether figures cannot be compared, because the recording saw more than the capture holds. */
  function excused({ connection, frame }: Unmatched, cutShort: boolean): boolean {
    const { frames, incomplete } = connectionOf(connection);
    if (incomplete) return true;
    if (skipped && frame <= 1) return true;
    return cutShort && frame >= frames;
  }

  /** Says which gaps have no counterpart, and forgets what was compared. */
  function settle(cutShort: boolean): void {
    for (const gap of [...unmatched.values()].flat()) {
      if (!excused(gap, cutShort)) findings.add('sequence', gap.place, textOf(gap));
    }
    connections = new Map();
    unmatched = new Map();
    waitingCount = 0;
  }

  return {
    totals: count.totals,
    opened: (connection) => count.opened(connection),
    frame({ connection: number, index, bytes, verdict }, place) {
      const connection = connectionOf(number);
      connection.frames += 1;
      if (verdict === 'hole' || verdict === 'repeated') connection.incomplete = true;
      const missing = count.frame(number, bytes, index);
      if (missing === undefined) return;
      // Gaps are compared only where they were recorded from a socket.
      if (!run.recorded) return;
      const { from, to } = missing;
      meet(`${number} ${from} ${to}`, {
        place: place(),
        side: 'shown',
        from,
        to,
        connection: number,
        frame: connection.frames,
      });
    },
    gap(record, place) {
      count.gap(record);
      const { connection, why, from, to } = record;
      if (why !== 'sequence' || connection === null || from === undefined || to === undefined) return;
      if (!run.recorded) return;
      const { frames } = connectionOf(connection);
      meet(`${connection} ${from} ${to}`, {
        place: place(),
        side: 'recorded',
        from,
        to,
        connection,
        frame: frames,
      });
    },
    startRun(facts) {
      run = facts;
      skipped = false;
      expected = 0;
      count.startRun(facts);
    },
    segment(number) {
      if (number !== expected) {
        settle(true);
        skipped = true;
      }
      expected = number + 1;
      count.segment(number);
    },
    finishRun: settle,
  };
}

function textOf({ side, connection, from, to }: Unmatched): string {
  return side === 'shown'
    ? `connection ${connection}: the frames show that ${from} to ${to} are missing, and no gap record says so`
    : `connection ${connection}: ${from} to ${to} are recorded as missing, and the frames do not show it`;
}

import type { GapRecord } from '../../records.ts';
import type { FindingPlace, Findings } from './finding.ts';
import type { IndexVerdict } from './frame-indices.ts';

/** What a sequencer says of a frame; the verdicts of `@feedtape/sequencer` are of this shape. */
export interface SequenceVerdict {
  readonly kind: 'first' | 'next' | 'gap' | 'late' | 'duplicate' | 'stale' | 'invalid';
  readonly missing?: { readonly from: number; readonly to: number };
  readonly count?: number;
}

/**
 * What a capture does not know: how frames are numbered. Called with every frame of a capture in order;
 * `undefined` for a frame that carries no number. Connections are counted anew in each run.
 */
export interface AccountingPort {
  judge(connection: number, bytes: Uint8Array, run: string): SequenceVerdict | undefined;
}

/** What the sequence numbers of all frames add up to. */
export interface SequenceTotals {
  readonly numbered: number;
  readonly unnumbered: number;
  readonly gaps: number;
  /** Frames in gaps, without those that came late after all. */
  readonly missing: number;
  readonly late: number;
  readonly duplicates: number;
  readonly stale: number;
  readonly invalid: number;
}

/** A gap that was recorded (+) or that the frames show (−) and that has not met its counterpart. */
interface Unmatched {
  readonly place: FindingPlace;
  readonly side: 'recorded' | 'shown';
  readonly text: string;
  readonly connection: number;
  readonly frame: number;
}

export interface SequenceAccounting {
  readonly totals: SequenceTotals;
  frame(connection: number, bytes: Uint8Array, index: IndexVerdict, place: () => FindingPlace): void;
  gap(record: GapRecord, place: () => FindingPlace): void;
  startRun(run: RunFacts): void;
  /** `cutShort` when the writer died: what it was about to note is not there. */
  finishRun(cutShort: boolean): void;
}

export interface RunFacts {
  readonly run: string;
  /** False when earlier segments of the run are not there. */
  readonly whole: boolean;
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
  const totals = {
    numbered: 0,
    unnumbered: 0,
    gaps: 0,
    missing: 0,
    late: 0,
    duplicates: 0,
    stale: 0,
    invalid: 0,
  };
  let run: RunFacts = { run: '', whole: true, recorded: true };
  let connections = new Map<number, Connection>();
  let unmatched = new Map<string, Unmatched[]>();

  function connectionOf(number: number): Connection {
    const known = connections.get(number) ?? { frames: 0, incomplete: false };
    connections.set(number, known);
    return known;
  }

  /** Meets the counterpart, or waits for it. */
  function meet(key: string, gap: Unmatched): void {
    const waiting = unmatched.get(key) ?? [];
    const counterpart = waiting.findIndex(({ side }) => side !== gap.side);
    if (counterpart >= 0) waiting.splice(counterpart, 1);
    else waiting.push(gap);
    if (waiting.length === 0) unmatched.delete(key);
    else unmatched.set(key, waiting);
  }

  function count(verdict: SequenceVerdict): void {
    switch (verdict.kind) {
      case 'first':
      case 'next':
        return;
      case 'gap':
        totals.gaps += 1;
        totals.missing += verdict.count ?? 0;
        return;
      case 'late':
        totals.late += 1;
        totals.missing -= 1;
        return;
      case 'duplicate':
        totals.duplicates += 1;
        return;
      case 'stale':
      case 'invalid':
        totals[verdict.kind] += 1;
    }
  }

  /** What cannot be compared: the recording saw, or was about to say, more than the capture holds. */
  function excused({ connection, frame }: Unmatched, cutShort: boolean): boolean {
    const { frames, incomplete } = connectionOf(connection);
    if (incomplete) return true;
    if (!run.whole && frame <= 1) return true;
    return cutShort && frame >= frames;
  }

  return {
    totals,
    frame(number, bytes, index, place) {
      const connection = connectionOf(number);
      connection.frames += 1;
      if (index !== 'next') connection.incomplete = true;
      const verdict = port.judge(number, bytes, run.run);
      if (verdict === undefined) {
        totals.unnumbered += 1;
        return;
      }
      totals.numbered += 1;
      // Of a connection whose start is not there, the first frame can't tell what is missing before it.
      if (verdict.kind === 'gap' && connection.frames === 1 && !run.whole) return;
      count(verdict);
      if (verdict.kind !== 'gap' || verdict.missing === undefined) return;
      const { from, to } = verdict.missing;
      const text = `connection ${number}: the frames show that ${from} to ${to} are missing, and no gap record says so`;
      meet(`${number} ${from} ${to}`, {
        place: place(),
        side: 'shown',
        text,
        connection: number,
        frame: connection.frames,
      });
    },
    gap({ connection, why, from, to }, place) {
      if (why !== 'sequence' || connection === null || from === undefined || to === undefined) return;
      const text = `connection ${connection}: ${from} to ${to} are recorded as missing, and the frames do not show it`;
      const { frames } = connectionOf(connection);
      meet(`${connection} ${from} ${to}`, {
        place: place(),
        side: 'recorded',
        text,
        connection,
        frame: frames,
      });
    },
    startRun(facts) {
      run = facts;
    },
    finishRun(cutShort) {
      for (const gap of [...unmatched.values()].flat()) {
        if (run.recorded && !excused(gap, cutShort)) findings.add('sequence', gap.place, gap.text);
      }
      connections = new Map();
      unmatched = new Map();
    },
  };
}

import type { AccountingPort } from '@feedtape/capture/node';
import { peek } from '@feedtape/protocol';
import { createSequencer, type Sequencer, type Verdict } from '@feedtape/sequencer';

/** What the sequence numbers of a capture's frames add up to, over all its runs and connections. */
export interface SequenceFigures {
  connections: number;
  gaps: number;
  /** Frames in gaps, without those that came late after all. */
  missing: number;
  late: number;
  duplicates: number;
}

/** The port through which a capture's frames are counted again. */
export interface FrameAccounting extends AccountingPort {
  readonly figures: Readonly<SequenceFigures>;
}

/** Numbers are read as the client reads them and judged as the client judges them: per connection, from 0. */
export function createFrameAccounting(): FrameAccounting {
  const figures: SequenceFigures = { connections: 0, gaps: 0, missing: 0, late: 0, duplicates: 0 };
  const sequencers = new Map<number, Sequencer>();
  let currentRun: string | undefined;

  function sequencerOf(connection: number, run: string): Sequencer {
    if (run !== currentRun) {
      sequencers.clear();
      currentRun = run;
    }
    let sequencer = sequencers.get(connection);
    if (sequencer === undefined) {
      sequencer = createSequencer();
      sequencers.set(connection, sequencer);
      figures.connections += 1;
    }
    return sequencer;
  }

  return {
    figures,
    judge(connection, bytes, run) {
      const sequencer = sequencerOf(connection, run);
      const { sequence } = peek(bytes);
      if (sequence === undefined) return undefined;
      const verdict = sequencer.push(sequence);
      if (verdict.kind !== 'next') add(figures, verdict);
      return verdict;
    },
  };
}

function add(figures: SequenceFigures, verdict: Verdict): void {
  if (verdict.kind === 'gap') {
    figures.gaps += 1;
    figures.missing += verdict.count;
  } else if (verdict.kind === 'late') {
    figures.late += 1;
    figures.missing -= 1;
  } else if (verdict.kind === 'duplicate') figures.duplicates += 1;
}

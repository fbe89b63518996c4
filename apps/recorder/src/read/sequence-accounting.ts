import type { AccountingPort, SequenceTotals } from '@feedtape/capture/node';
import { peek } from '@feedtape/protocol';
import { createSequencer, type Sequencer } from '@feedtape/sequencer';
import { countText } from '../output/format.ts';

/** Numbers are read as the client reads them and judged as the client judges them: per connection, from 0. */
export function createFrameAccounting(): AccountingPort {
  const sequencers = new Map<number, Sequencer>();
  let currentRun: string | undefined;
  return {
    judge(connection, bytes, run) {
      if (run !== currentRun) sequencers.clear();
      currentRun = run;
      const { sequence } = peek(bytes);
      if (sequence === undefined) return undefined;
      let sequencer = sequencers.get(connection);
      if (sequencer === undefined) {
        sequencer = createSequencer();
        sequencers.set(connection, sequencer);
      }
      return sequencer.push(sequence);
    },
    numberOf: (bytes) => peek(bytes).sequence,
  };
}

/** The figures that every command says of the frames, each as the glossary defines it. */
export type SequenceFigures = Pick<
  SequenceTotals,
  'connections' | 'gaps' | 'unknownGaps' | 'missing' | 'late' | 'duplicates' | 'restarts' | 'dropped'
>;

/** The figures of nothing. */
export const NO_FIGURES: SequenceFigures = {
  connections: 0,
  gaps: 0,
  unknownGaps: 0,
  missing: 0,
  late: 0,
  duplicates: 0,
  restarts: 0,
  dropped: 0,
};

/** The figures alone, in the order in which they are printed. */
export function figuresOf({
  connections,
  gaps,
  unknownGaps,
  missing,
  late,
  duplicates,
  restarts,
  dropped,
}: SequenceFigures): SequenceFigures {
  return { connections, gaps, unknownGaps, missing, late, duplicates, restarts, dropped };
}

/** What is missing: `7 missing, 2 of unknown extent, 9 late`. */
export function missingText({
  missing,
  unknownGaps,
  late,
}: Pick<SequenceFigures, 'missing' | 'unknownGaps' | 'late'>): string {
  const parts = [
    `${missing} missing`,
    ...(unknownGaps > 0 ? [`${unknownGaps} of unknown extent`] : []),
    ...(late > 0 ? [`${late} late`] : []),
  ];
  return parts.join(', ');
}

/** What came more than once, or could not be written: `3 duplicates`, and restarts and drops where there are any. */
export function repeatedTexts({
  duplicates,
  restarts,
  dropped,
}: Pick<SequenceFigures, 'duplicates' | 'restarts' | 'dropped'>): readonly string[] {
  return [
    countText(duplicates, 'duplicate'),
    ...(restarts > 0 ? [countText(restarts, 'restart')] : []),
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
  ];
}

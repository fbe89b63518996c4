import type { SequenceTotals } from '@feedtape/capture/node';
import { countText } from '../output/format.ts';

/** The figures that all commands report of frames, as defined in the glossary. */
export type SequenceFigures = Pick<
  SequenceTotals,
  'connections' | 'gaps' | 'unknownGaps' | 'missing' | 'late' | 'duplicates' | 'restarts' | 'dropped'
>;

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

/** Picks the figures, in print order. */
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

/** `7 missing, 2 of unknown extent, 9 late` */
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

/** `3 duplicates`, then restarts and dropped frames if there are any. */
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

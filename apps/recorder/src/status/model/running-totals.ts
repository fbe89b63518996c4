import type { Verdict } from '@feedtape/sequencer';
import type { Totals } from './status-snapshot.ts';

/** {@link Totals} while they are counted. */
export type RunningTotals = { -readonly [Name in keyof Totals]: Totals[Name] };

export const noTotals = (): RunningTotals => ({
  frames: 0,
  bytes: 0,
  connections: 0,
  disconnects: 0,
  recoveries: 0,
  gaps: 0,
  gapFrames: 0,
  late: 0,
  unknownGaps: 0,
  duplicates: 0,
  restarts: 0,
  stale: 0,
  invalid: 0,
  rejected: 0,
  omitted: 0,
});

/** Counts what the sequencer said of a frame; gaps are counted from the feed's own items. */
export function countVerdict(totals: RunningTotals, verdict: Verdict | undefined): void {
  if (verdict === undefined) return;
  if (isRestart(verdict)) {
    totals.restarts += 1;
    return;
  }
  switch (verdict.kind) {
    case 'first':
    case 'next':
    case 'gap':
      return;
    case 'late':
      totals.late += 1;
      return;
    case 'duplicate':
      totals.duplicates += 1;
      return;
    case 'stale':
      totals.stale += 1;
      return;
    case 'invalid':
      totals.invalid += 1;
  }
}

/** A frame with the first number of its connection again is no duplicate: it is counted as a restart alone. */
export function isRestart(verdict: Verdict): boolean {
  return (verdict.kind === 'duplicate' || verdict.kind === 'stale') && verdict.restart === true;
}

import type { FeedItem, FrameItem } from '@feedtape/client';
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

/** Frames that are still missing. */
export const missingOf = ({ gapFrames, late }: Pick<Totals, 'gapFrames' | 'late'>): number =>
  gapFrames - late;

/** Counts one item in place, all but `omitted`; runs for every frame. */
export function countItem(totals: RunningTotals, item: FeedItem): void {
  switch (item.kind) {
    case 'frame':
      totals.frames += 1;
      totals.bytes += item.bytes.length;
      countVerdict(totals, item.verdict);
      return;
    case 'gap':
      totals.gaps += 1;
      if (item.count === null) totals.unknownGaps += 1;
      if (item.reason === 'sequence') totals.gapFrames += item.count ?? 0;
      return;
    case 'connected':
      totals.connections += 1;
      return;
    case 'disconnected':
      totals.disconnects += 1;
      return;
    case 'recovered':
      totals.recoveries += 1;
      return;
    case 'rejected':
      totals.rejected += 1;
      return;
    case 'sent':
    case 'subscribed':
    case 'stale':
  }
}

function countVerdict(totals: RunningTotals, verdict: FrameItem['verdict']): void {
  switch (verdict?.kind) {
    case undefined:
    case 'first':
    case 'next':
    case 'gap':
      return;
    case 'late':
      totals.late += 1;
      return;
    case 'duplicate':
      // The first number of the connection again: counted as a restart alone.
      if (verdict.restart === true) totals.restarts += 1;
      else totals.duplicates += 1;
      return;
    case 'stale':
      if (verdict.restart === true) totals.restarts += 1;
      else totals.stale += 1;
      return;
    case 'invalid':
      totals.invalid += 1;
  }
}

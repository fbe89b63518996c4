import type { FeedItem } from '@feedtape/client';

/** What a recording has seen, counted exactly. `missing` is what gaps of a known extent still lack. */
export interface RecordingTotals {
  frames: number;
  bytes: number;
  /** Connections that were opened, first ones and reconnects alike. */
  connections: number;
  /** Gaps found in the sequence numbers. */
  gaps: number;
  /** Outages and deliberate losses, whose extent nobody can know. */
  unknownGaps: number;
  missing: number;
  late: number;
  duplicates: number;
  rejected: number;
}

export const noTotals = (): RecordingTotals => ({
  frames: 0,
  bytes: 0,
  connections: 0,
  gaps: 0,
  unknownGaps: 0,
  missing: 0,
  late: 0,
  duplicates: 0,
  rejected: 0,
});

/** Counts one item in place: this runs for every frame. */
export function count(totals: RecordingTotals, item: FeedItem): void {
  switch (item.kind) {
    case 'frame':
      totals.frames += 1;
      totals.bytes += item.bytes.length;
      if (item.verdict?.kind === 'late') {
        totals.late += 1;
        totals.missing -= 1;
      } else if (item.verdict?.kind === 'duplicate') totals.duplicates += 1;
      return;
    case 'gap':
      if (item.count === null) totals.unknownGaps += 1;
      else {
        totals.gaps += 1;
        totals.missing += item.count;
      }
      return;
    case 'connected':
      totals.connections += 1;
      return;
    case 'rejected':
      totals.rejected += 1;
      return;
    case 'sent':
    case 'subscribed':
    case 'stale':
    case 'recovered':
    case 'disconnected':
  }
}

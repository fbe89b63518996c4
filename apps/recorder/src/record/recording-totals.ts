import type { FeedItem, FrameItem } from '@feedtape/client';
import { isRestart } from '../status/model/running-totals.ts';

/** What a recording has seen, counted exactly, each as the glossary defines it. */
export interface RecordingTotals {
  frames: number;
  bytes: number;
  /** Connections that were opened, first ones and reconnects alike. */
  connections: number;
  gaps: number;
  unknownGaps: number;
  missing: number;
  late: number;
  duplicates: number;
  restarts: number;
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
  restarts: 0,
  rejected: 0,
});

/** Counts one item in place: this runs for every frame. */
export function count(totals: RecordingTotals, item: FeedItem): void {
  switch (item.kind) {
    case 'frame':
      totals.frames += 1;
      totals.bytes += item.bytes.length;
      countVerdict(totals, item.verdict);
      return;
    case 'gap':
      totals.gaps += 1;
      if (item.count === null) totals.unknownGaps += 1;
      if (item.why === 'sequence') totals.missing += item.count ?? 0;
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

function countVerdict(totals: RecordingTotals, verdict: FrameItem['verdict']): void {
  if (verdict === undefined || verdict.kind === 'next') return;
  if (isRestart(verdict)) totals.restarts += 1;
  else if (verdict.kind === 'duplicate') totals.duplicates += 1;
  else if (verdict.kind === 'late') {
    totals.late += 1;
    totals.missing -= 1;
  }
}

import type { GapRecord } from '../../format/records.ts';
import { CaptureError } from '../../format/error.ts';
import { createCoverage } from '../inspect/coverage.ts';
import { MAX_HOLES } from '../fs/limits.ts';
import type { FindingPlace, Findings } from './finding.ts';

interface IndexRange {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly place: FindingPlace;
}

interface Connection {
  next: number;
  /** How many segments had been skipped when its last frame came. */
  skips: number;
  readonly holes: IndexRange[];
  /** Indices that gap records state as not written. */
  readonly stated: IndexRange[];
  /** Indices that may be in absent segments. */
  readonly unseen: Pick<IndexRange, 'from' | 'to'>[];
}

/** Checks that the frame indices of each connection have no unstated holes. */
export interface FrameIndices {
  frame(connection: number, index: number, place: () => FindingPlace): IndexVerdict;
  gap(record: GapRecord, place: () => FindingPlace): void;
  /** Segments are not there, having been deleted, moved, or not been asked for: each connection goes on anywhere. */
  skip(): void;
  /** At the end of the run: holes and statements must be the same. */
  finish(): void;
}

/**
 * Whether frames before this one are missing from what is being verified. `resumed` says that they may be: its
 * connection began, or went on, in segments that are not there.
 */
export type IndexVerdict = 'next' | 'resumed' | 'hole' | 'repeated';

export function createFrameIndices(findings: Findings): FrameIndices {
  let skips = 0;
  const connections = new Map<number, Connection>();
  let ranges = 0;

  /** Of something that is kept until the end of the run. */
  function kept(place: FindingPlace): FindingPlace {
    ranges += 1;
    if (ranges <= MAX_HOLES) return place;
    throw new CaptureError('CAPTURE_LIMIT', { path: place.file, what: 'holes in a run', most: MAX_HOLES });
  }

  function connectionOf(number: number, first: number): Connection {
    let connection = connections.get(number);
    if (connection === undefined) {
      connection = { next: first, skips, holes: [], stated: [], unseen: [] };
      connections.set(number, connection);
    }
    return connection;
  }

  function reconcile(number: number, { next, holes, stated, unseen }: Connection): void {
    const inHoles = createCoverage(holes);
    const inStated = createCoverage(stated);
    const inUnseen = createCoverage(unseen);
    for (const hole of holes) {
      if (inStated(hole) >= hole.count) continue;
      findings.add(
        'index',
        hole.place,
        `connection ${number}: frames ${hole.from} to ${hole.to} are missing, and no gap record says so`,
      );
    }
    for (const range of stated) {
      if (inUnseen(range) > 0) continue;
      // Frames dropped after the last one that was written leave no hole behind.
      const after = Math.max(0, range.to - Math.max(next, range.from) + 1);
      const missing = inHoles(range) + after;
      if (missing >= range.count && (after > 0 || missing === range.count)) continue;
      findings.add(
        'index',
        range.place,
        `connection ${number}: a gap record states ${range.count} frames missing, the frames show ${missing}`,
      );
    }
  }

  return {
    frame(number, index, place) {
      const isKnown = connections.has(number);
      const connection = connectionOf(number, skips === 0 ? 0 : index);
      const { next } = connection;
      const isResumed = isKnown ? connection.skips !== skips && index > next : skips > 0 && index > 0;
      connection.skips = skips;
      if (isResumed) {
        kept(place());
        connection.unseen.push({ from: isKnown ? next : 0, to: index - 1 });
        connection.next = index + 1;
        return 'resumed';
      }
      if (index === next) {
        connection.next += 1;
        return 'next';
      }
      if (index < next) {
        findings.add(
          'index',
          place(),
          `connection ${number}: frame ${index} comes again or too late; expected ${next}`,
        );
        return 'repeated';
      }
      connection.holes.push({ from: next, to: index - 1, count: index - next, place: kept(place()) });
      connection.next = index + 1;
      return 'hole';
    },
    gap({ connection, why, from, to, count }, place) {
      if (why !== 'disk_full' && why !== 'backpressure') return;
      if (connection === null || from === undefined || to === undefined || count === null) return;
      // Before the first frame that is there, nothing can show what the record states.
      if (skips > 0 && !connections.has(connection)) return;
      connectionOf(connection, 0).stated.push({ from, to, count, place: kept(place()) });
    },
    skip() {
      skips += 1;
    },
    finish() {
      for (const [number, connection] of connections) reconcile(number, connection);
    },
  };
}

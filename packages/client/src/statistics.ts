import type { Accounting } from '@feedtape/sequencer';
import type { Engine } from './engine/feed-engine.ts';
import type { LinkPhase } from './shard/shard-lifecycle.ts';

/** One place of the plan: one connection after the other. */
export interface ConnectionStatistics {
  /** 0 or 1: see `FeedOptions.redundancy`. */
  readonly line: number;
  /** The latest connection; -1 before the first. */
  readonly connection: number;
  readonly phase: LinkPhase['kind'];
  /** Sockets that opened; all but the first are reconnects. */
  readonly opened: number;
  readonly frames: number;
  readonly bytes: number;
  /** Of the sequence numbers of all its connections. */
  readonly accounting: Accounting;
  /** Heartbeats that the exchange skipped or that were lost, by their counter. */
  readonly missedBeats: number;
  /** From the exchange's timestamp of the last heartbeat to its arrival, by our wall clock. */
  readonly lagMs?: number;
}

/** What a feed has counted until now. */
export interface FeedStatistics {
  readonly uptimeMs: number;
  readonly frames: number;
  readonly bytes: number;
  /** Averages over the life of the feed. For the present, compare two readings. */
  readonly framesPerSecond: number;
  readonly reconnects: number;
  /** Sums of the accountings: frames known to be missing, and gaps of unknown extent. */
  readonly gaps: number;
  readonly missing: number;
  readonly unknownGaps: number;
  readonly queuedItems: number;
  readonly queuedBytes: number;
  /** Held back because the consumer is slow. */
  readonly paused: boolean;
  readonly connections: readonly ConnectionStatistics[];
}

export function measure({ lines, outlet, openedAt, clock, paused }: Engine): FeedStatistics {
  const connections = lines.flatMap((slots, line) =>
    slots.map(({ connection, phase, totals, session, sequencer, heartbeats }): ConnectionStatistics => {
      const lagMs = session?.lagMs;
      return {
        line,
        connection,
        phase,
        opened: totals.opened,
        frames: totals.frames + (session?.frames ?? 0),
        bytes: totals.bytes + (session?.bytes ?? 0),
        accounting: sequencer.accounting,
        missedBeats: heartbeats.accounting.missing,
        ...(lagMs !== undefined && { lagMs }),
      };
    }),
  );
  const sum = (of: (connection: ConnectionStatistics) => number): number =>
    connections.reduce((total, connection) => total + of(connection), 0);
  const uptimeMs = clock.now() - openedAt;
  const frames = sum((connection) => connection.frames);
  return {
    uptimeMs,
    frames,
    bytes: sum(({ bytes }) => bytes),
    framesPerSecond: uptimeMs > 0 ? (frames * 1_000) / uptimeMs : 0,
    reconnects: sum(({ opened }) => Math.max(0, opened - 1)),
    gaps: sum(({ accounting }) => accounting.gaps),
    missing: sum(({ accounting }) => accounting.missing),
    unknownGaps: sum(({ accounting }) => accounting.unknownGaps),
    queuedItems: outlet.queuedItems,
    queuedBytes: outlet.queuedBytes,
    paused,
    connections,
  };
}

import type { Accounting } from '@feedtape/sequencer';

/** One shard: successive connections with the same subscriptions. */
export interface ConnectionStatistics {
  /** 0 or 1: see `FeedOptions.redundancy`. */
  readonly line: number;
  /** The latest connection; -1 before the first. */
  readonly connection: number;
  /** `waiting` for its next attempt, `stopped` for good, `idle` without anything to carry. */
  readonly phase: 'idle' | 'waiting' | 'opening' | 'open' | 'closing' | 'stopped';
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
  /** Whether the sockets are paused for a slow consumer. */
  readonly paused: boolean;
  readonly connections: readonly ConnectionStatistics[];
}

import type { EndReason, GapReason } from '../../format/records.ts';
import type { LoopState } from './write-effects.ts';

/** A gap as the caller knows it; the writer adds the time. Keys beyond these are kept. */
export interface GapNotice {
  readonly connection: number | null;
  readonly why: GapReason;
  /** `null` when it cannot be known, never 0 for that. */
  readonly count: number | null;
  readonly from?: number;
  readonly to?: number;
  readonly [detail: string]: unknown;
}

export interface WriterStats {
  /** `disk-full`: frames are held, then dropped; `failed`: nothing is written any more. */
  readonly state: LoopState;
  /** Frames written to a segment. */
  readonly frames: number;
  /** Those of them that are known to survive a power cut: covered by an fsync that succeeded. */
  readonly durableFrames: number;
  /** Bytes written to segments, headers and checkpoints not counted. */
  readonly bytes: number;
  /** Segments opened. */
  readonly segments: number;
  /** Gap records, whatever their reason. */
  readonly gaps: number;
  /** Frames dropped because the queue or the disk was full, and their bytes. */
  readonly dropped: number;
  readonly droppedBytes: number;
}

export interface WriterResult {
  /** Names of the sealed segments of this run, in order. */
  readonly segments: readonly string[];
  readonly frames: number;
  readonly dropped: number;
}

export interface CaptureWriter {
  readonly run: string;
  readonly folder: string;
  /**
   * Records a frame exactly as received: copies the bytes and returns, never throws, never waits. Shared memory must
   * not change during the call, because the bytes are checked before they are copied. Counts the frame's index within
   * its connection. `receivedAt` is in ms on the writer's monotonic clock (`performance.now()`).
   *
   * Drops and counts the frame when the queue holds `maxQueuedBytes`; the next record written is a `gap` with the range
   * of indices and why `backpressure` or `disk_full`.
   */
  frame(connection: number, bytes: Uint8Array, receivedAt: number, binary?: boolean): void;
  /** Records a request without its secrets, which are replaced by field name. */
  sent(connection: number, request: object | string): void;
  connection(connection: number, event: string, details?: Readonly<Record<string, unknown>>): void;
  gap(gap: GapNotice): void;
  /** Bytes accepted and not yet written. */
  readonly queuedBytes: number;
  /**
   * Resolves when the queue is nearly empty, so that a consumer can pause a socket. Resolves at once while the disk is
   * full: only the limit of the queue applies then.
   */
  drained(): Promise<void>;
  readonly stats: WriterStats;
  /** Writes what is queued, seals the segment and frees the folder. Further frames are dropped and counted. */
  close(why?: EndReason): Promise<WriterResult>;
}

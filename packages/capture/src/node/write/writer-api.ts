import type { EndReason, GapReason } from '../../format/records.ts';
import type { LoopState } from './write-effects.ts';

/** A gap as the caller knows it; the writer adds the time. Keys beyond these are kept. */
export interface GapNotice {
  readonly connection: number | null;
  readonly why: GapReason;
  /** `null` when nobody can know, never 0 for that. */
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
  /** Frames the writer had no room for, and their bytes. */
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
   * Records a frame exactly as it came. Copies the bytes and returns; never throws and never waits. (Memory
   * that other threads share must not change meanwhile: it is looked at before it is copied.) The index
   * within the connection is counted here. `receivedAt` is in ms on the writer's monotonic clock
   * (`performance.now()`).
   *
   * When `maxQueuedBytes` wait already, the frame is dropped and counted, and the next record that is
   * written says so (`gap`, why `backpressure` or `disk_full`, with the range of indices).
   */
  frame(connection: number, bytes: Uint8Array, receivedAt: number, binary?: boolean): void;
  /** Records a request without its secrets, which are replaced by field name. */
  sent(connection: number, request: object | string): void;
  connection(connection: number, event: string, details?: Readonly<Record<string, unknown>>): void;
  gap(gap: GapNotice): void;
  /** Bytes accepted and not yet written. */
  readonly queuedBytes: number;
  /**
   * Resolves when nearly nothing waits to be written, so that a consumer can pause a socket. Resolves at once
   * while the disk is full: then the writer's own limit rules.
   */
  drained(): Promise<void>;
  readonly stats: WriterStats;
  /** Writes what is queued, seals the segment and frees the folder. Further frames are dropped and counted. */
  close(why?: EndReason): Promise<WriterResult>;
}

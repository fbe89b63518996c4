/** The version of the format that this package writes and reads. */
export const CAPTURE_VERSION = 1;

/** How a payload stands in its line: as itself, as a JSON string, or as base64 in a JSON string. */
export type PayloadEncoding = 'raw' | 'text' | 'base64';

/**
 * The first line of a segment. `at` is the wall clock at the segment's zero of `mono`; `mono` is how many
 * monotonic nanoseconds that zero lies after the zero of the run's first segment.
 */
export interface HeaderRecord {
  readonly kind: 'header';
  readonly version: typeof CAPTURE_VERSION;
  readonly run: string;
  /** Counts the segments of a run from 0. */
  readonly segment: number;
  /** `sha256` of the `end` record of the segment before; `null` in the first segment of a run. */
  readonly previous: string | null;
  readonly software: string;
  readonly url: string;
  readonly at: string;
  /** Absent means 0. */
  readonly mono?: number;
  /** The writer's policy: `always`, `never` or an interval such as `1s` or `250ms`. */
  readonly fsync: string;
  /** Whether the capture may hold frames of private channels. */
  readonly private: boolean;
  /** Connections that were open when the segment began; absent when there were none. */
  readonly open?: readonly number[];
  /** Where a capture that was not recorded from a socket came from. */
  readonly origin?: CaptureOrigin;
}

/** What an edited or imported capture was made from. */
export interface CaptureOrigin {
  readonly how: 'edited' | 'imported' | 'generated';
  /** Names or sha256 of the files it was made from. */
  readonly from: readonly string[];
  readonly note?: string;
  /**
   * What chose the frames of a cut: `from`, `to`, `connection`, `channel`, `product` or `where`. Frames that it left out
   * are not missing. Absent where all were kept.
   */
  readonly chosenBy?: readonly string[];
}

/** When something happened: the wall clock in RFC 3339 with nanoseconds, and monotonic ns since the header. */
export interface Stamp {
  readonly at: string;
  readonly mono: number;
}

/** The bytes of a payload as they stand in the line; read them with `frameBytes`. */
export interface Payload {
  readonly encoding: PayloadEncoding;
  readonly payload: Uint8Array;
}

/** One WebSocket message as received. `index` counts the frames of a connection from 0, without holes. */
export interface FrameRecord extends Stamp, Payload {
  readonly kind: 'frame';
  readonly connection: number;
  readonly index: number;
  /** Present when the message arrived in a binary frame; such a payload is always base64. */
  readonly binary?: true;
}

/** A request that was sent, without its token. */
export interface SentRecord extends Stamp, Payload {
  readonly kind: 'sent';
  readonly connection: number;
}

/** Something in the life of a connection; keys beyond these depend on `event`. */
export interface ConnectionRecord extends Stamp {
  readonly kind: 'connection';
  readonly connection: number;
  /** `open`, `close`, `error`, `subscribed`, `stale`, `backoff`, `rejected` … */
  readonly event: string;
  readonly [detail: string]: unknown;
}

/** Why frames are missing; `restart` when the exchange began to count anew on a live connection. */
export type GapReason = 'sequence' | 'disconnect' | 'restart' | 'backpressure' | 'disk_full' | 'crash';

/**
 * Frames that are known to be missing. `count` is `null`, never 0, when nobody can know how many.
 * `sequence` counts in sequence numbers and can be recomputed from the frames; `disk_full` and
 * `backpressure` count in frame indices; all but `sequence` are primary facts.
 */
export interface GapRecord extends Stamp {
  readonly kind: 'gap';
  /** `null` when it concerns no single connection. */
  readonly connection: number | null;
  readonly why: GapReason;
  readonly count: number | null;
  readonly from?: number;
  readonly to?: number;
  readonly [detail: string]: unknown;
}

/** The wall clock stepped by `offsetMs` against the monotonic clock; `at` is on the new wall clock. */
export interface ClockRecord extends Stamp {
  readonly kind: 'clock';
  readonly offsetMs: number;
}

/** Written before each fsync: the hash over the bytes 0 to `offset`, where this line starts. */
export interface CheckpointRecord {
  readonly kind: 'checkpoint';
  readonly offset: number;
  readonly lines: number;
  readonly sha256: string;
}

/** Why a segment ended. `crash` is written by `repair`, never by the writer. */
export type EndReason = 'rotate' | 'close' | 'disk_full' | 'fsync' | 'io' | 'crash' | (string & {});

/** The last line of a sealed segment; the counts and the hash are over the bytes 0 to `offset`. */
export interface EndRecord {
  readonly kind: 'end';
  readonly offset: number;
  readonly lines: number;
  readonly frames: number;
  readonly gaps: number;
  readonly sha256: string;
  readonly why: EndReason;
}

export type CaptureRecord =
  | HeaderRecord
  | FrameRecord
  | SentRecord
  | ConnectionRecord
  | GapRecord
  | ClockRecord
  | CheckpointRecord
  | EndRecord;

import type { EndReason } from '../../format/records.ts';

/** `disk-full`: frames are held, then dropped and counted; `failed`: nothing is written any more. */
export type LoopState = 'recording' | 'disk-full' | 'failed';

/** A slow operation. One at a time is under way; each is answered by `done` or `failed`. */
export type Effect =
  /** Writes the blocks at the front of the queue. */
  | { readonly kind: 'write' }
  /** Makes durable what the open segment holds. */
  | { readonly kind: 'checkpoint' }
  /**
   * Opens the next segment, then starts to seal the last one with `why`: a segment gets its `end` only when it has a
   * successor, or when the run ends. With `rotate` the next segment begins where the rotation at the front of the
   * queue says; otherwise it continues the last one.
   */
  | { readonly kind: 'open'; readonly why: EndReason; readonly rotate: boolean }
  /** Finds out whether the disk has room again. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Writes gap records for the dropped frames: at the head of a segment that resumes, or at the end of the last. */
  | { readonly kind: 'state-drops'; readonly why: 'disk_full' | 'backpressure'; readonly resume: boolean }
  /** Empties the queue: counts its frames as dropped, and keeps its other records for the end of the segment. */
  | { readonly kind: 'discard' }
  /** Gives back the space kept aside. */
  | { readonly kind: 'release' }
  /** Removes the only segment of a run in which nothing was recorded. */
  | { readonly kind: 'remove' }
  /** Seals the last segment. */
  | { readonly kind: 'seal'; readonly why: EndReason }
  /** Leaves the last segment unsealed, so that `repair` states in it that its continuation is unknown. */
  | { readonly kind: 'abandon' }
  /** Waits for segments that are being sealed, and retries those that failed. */
  | { readonly kind: 'settle' };

/** Kind of a failure, as far as the state machine distinguishes it. */
export type FailureKind = 'full' | 'too-large' | 'fsync' | 'lost' | 'other';

export type LoopEvent =
  | { readonly kind: 'queued' }
  /** Make everything queued so far durable. */
  | { readonly kind: 'sync' }
  | { readonly kind: 'finish'; readonly why: EndReason }
  /** The folder was taken over by another writer. */
  | { readonly kind: 'lost'; readonly error: unknown }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: FailureKind; readonly error: unknown };

/** Inputs of a transition beside the event. */
export interface Facts {
  /** Monotonic ms. */
  readonly now: number;
  readonly front: 'blocks' | 'rotation' | 'nothing';
  /** The open segment holds more than its header. */
  readonly begun: boolean;
  /** It is the first of the run. */
  readonly first: boolean;
  /** It holds bytes that no checkpoint covers. */
  readonly unsynced: boolean;
  /** Something was dropped or kept that no segment says. */
  readonly unstated: boolean;
  readonly fsync: 'always' | 'never' | 'interval';
}

export type Notice =
  | { readonly kind: 'disk-full' }
  | { readonly kind: 'io-error' | 'failed'; readonly error: unknown };

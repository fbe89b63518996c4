import type { EndReason } from '../../format/records.ts';
import type { BackgroundEvent } from '../seal/background-tasks.ts';

/** Event of a running writer. */
export type WriterEvent =
  | BackgroundEvent
  /** The folder may be held by a process that cannot be asked: its lock is watched for 15 s before recording starts. */
  | { readonly kind: 'lock-watched'; readonly holder: string }
  | { readonly kind: 'opened'; readonly file: string }
  | {
      readonly kind: 'sealed';
      readonly file: string;
      readonly why: EndReason;
      readonly frames: number;
      readonly bytes: number;
    }
  /** The file stays `.partial`; the next start, or `repair`, seals it. */
  | { readonly kind: 'seal-failed'; readonly file: string; readonly error: unknown }
  | { readonly kind: 'repaired'; readonly file: string; readonly tornBytes: number }
  /** A file of an earlier run stays as it is, since which of two is right is not known. */
  | { readonly kind: 'unsettled'; readonly file: string; readonly reason: string }
  | { readonly kind: 'low-space'; readonly freeBytes: number }
  /** Frames are held up to the queue's limit, then dropped and counted. */
  | { readonly kind: 'disk-full'; readonly file: string }
  | { readonly kind: 'resumed'; readonly dropped: number; readonly droppedBytes: number }
  | { readonly kind: 'clock-step'; readonly offsetMs: number }
  /** A write, open or fsync failed; recording goes on in a new segment. */
  | { readonly kind: 'io-error'; readonly error: unknown }
  /** Recording has ended: it failed again within a minute. Frames are dropped and counted from here on. */
  | { readonly kind: 'failed'; readonly error: unknown };

/** Consecutive sequence numbers, both ends included. */
export interface SequenceRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Why a value is not a sequence number. Nothing is ever rounded or converted: a digit string is
 * `not-a-number`, 2^53 and everything above it, infinity included, is `unsafe`.
 */
export type InvalidReason = 'absent' | 'not-a-number' | 'negative' | 'fractional' | 'unsafe';

/**
 * The sequencer's verdict on one frame.
 *
 * - `first`: the first number of an epoch.
 * - `next`: exactly the one after the highest number seen.
 * - `gap`: higher than that; `missing` holds what was skipped and `count` how many that is. The frame
 *   itself is accepted, and it is also the verdict of a first frame that comes after the start.
 * - `late`: a number that was missing until now. The frame is accepted.
 * - `duplicate`: a number that was received before.
 * - `stale`: too old to tell whether it was received: below the start of the epoch, or from a dropped gap. `behind` is
 *   its distance to the next expected number.
 * - `invalid`: not a sequence number.
 *
 * `restart` on a `duplicate` or `stale` marks a frame with the first number of the epoch: most likely the server has
 * restarted its numbering on a live connection.
 */
export type Verdict =
  | { readonly kind: 'first' }
  | { readonly kind: 'next' }
  | { readonly kind: 'gap'; readonly missing: SequenceRange; readonly count: number }
  | { readonly kind: 'late' }
  | { readonly kind: 'duplicate'; readonly restart?: true }
  | { readonly kind: 'stale'; readonly behind: number; readonly restart?: true }
  | { readonly kind: 'invalid'; readonly reason: InvalidReason };

/** The end of an epoch: an unknown number of frames after the last one received may be missing. */
export interface UnknownGap {
  readonly kind: 'unknown-gap';
  /** The first number that may be missing; absent if no frame arrived and the epoch may start anywhere. */
  readonly from?: number;
  /** Never 0: the extent is unknown. */
  readonly count: null;
}

// Shared and frozen: the frequent verdicts allocate nothing.
export const FIRST: Verdict = Object.freeze({ kind: 'first' });
export const NEXT: Verdict = Object.freeze({ kind: 'next' });
export const LATE: Verdict = Object.freeze({ kind: 'late' });
export const DUPLICATE: Verdict = Object.freeze({ kind: 'duplicate' });
export const RESTART: Verdict = Object.freeze({ kind: 'duplicate', restart: true });

const invalid = (reason: InvalidReason): Verdict => Object.freeze({ kind: 'invalid', reason });
const ABSENT = invalid('absent');
const NOT_A_NUMBER = invalid('not-a-number');
const NEGATIVE = invalid('negative');
const FRACTIONAL = invalid('fractional');
const UNSAFE = invalid('unsafe');

/** The verdict of a value that is not a sequence number; `undefined` for one that is. */
export function refusalOf(sequence: unknown): Verdict | undefined {
  if (sequence === undefined || sequence === null) return ABSENT;
  if (typeof sequence !== 'number' || Number.isNaN(sequence)) return NOT_A_NUMBER;
  if (sequence < 0) return NEGATIVE;
  if (sequence > Number.MAX_SAFE_INTEGER) return UNSAFE;
  if (!Number.isInteger(sequence)) return FRACTIONAL;
  return undefined;
}

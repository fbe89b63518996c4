/**
 * What became of everything pushed so far, over all countings that a sequencer went through. Exact after
 * every push:
 *
 * - `received = accepted + duplicates + stale + invalid`
 * - `missing = framesInGaps - late`
 * - `missing - lost` frames are still open, that is, a late frame may yet bring them.
 */
export interface Accounting {
  readonly received: number;
  /** Verdicts `first`, `next`, `gap` and `late`: every number the first time it arrives. */
  readonly accepted: number;
  readonly duplicates: number;
  readonly stale: number;
  readonly invalid: number;
  /** Verdicts `gap`. */
  readonly gaps: number;
  /** Frames inside those gaps, whether or not they arrived late. */
  readonly framesInGaps: number;
  /** Verdicts `late`. */
  readonly late: number;
  /** Frames inside gaps that have not arrived. */
  readonly missing: number;
  /** Of the missing: those that cannot be told from a duplicate any more, because their gap was forgotten or its counting ended. */
  readonly lost: number;
  /** Countings that ended: each is a gap of unknown extent. */
  readonly unknownGaps: number;
  /** Of the duplicates and the stale: those with `restart`. */
  readonly restarts: number;
}

/** The counters behind an {@link Accounting}, counted one by one and never derived from each other. */
export interface Counters {
  received: number;
  accepted: number;
  duplicates: number;
  stale: number;
  invalid: number;
  gaps: number;
  framesInGaps: number;
  late: number;
  lost: number;
  unknownGaps: number;
  restarts: number;
}

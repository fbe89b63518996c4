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

/** The counters behind an {@link Accounting}: each is counted, none is derived from others. */
export type Counters = { -readonly [Name in Exclude<keyof Accounting, 'missing'>]: number };

export const NOTHING_COUNTED: Readonly<Counters> = {
  received: 0,
  accepted: 0,
  duplicates: 0,
  stale: 0,
  invalid: 0,
  gaps: 0,
  framesInGaps: 0,
  late: 0,
  lost: 0,
  unknownGaps: 0,
  restarts: 0,
};

const NAMES = Object.keys(NOTHING_COUNTED) as (keyof Counters)[];

export function accountingOf(counters: Counters): Accounting {
  return { ...counters, missing: counters.framesInGaps - counters.late };
}

export function add(total: Counters, counters: Readonly<Counters>): void {
  for (const name of NAMES) total[name] += counters[name];
}

/**
 * Counters over everything pushed so far, across all epochs of a sequencer. After every push:
 *
 * - `received = accepted + duplicates + stale + invalid`
 * - `missing = framesInGaps - late`
 * - `missing - lost` frames are still open: they may arrive late.
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
  /** Frames inside those gaps, including late ones. */
  readonly framesInGaps: number;
  /** Verdicts `late`. */
  readonly late: number;
  /** Frames inside gaps that have not arrived. */
  readonly missing: number;
  /** Missing frames that could no longer be told from a duplicate: their gap was dropped or its epoch ended. */
  readonly lost: number;
  /** Epochs that ended, each with a gap of unknown extent. */
  readonly unknownGaps: number;
  /** Duplicate and stale frames with `restart`. */
  readonly restarts: number;
}

/** The independent counters behind an {@link Accounting}. */
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

import { roundedMs, type SecondOfLag } from './lag-samples.ts';
import type { StatusHistory } from './status-snapshot.ts';

/** Seconds of history for the charts: 15 minutes. */
export const HISTORY_SECONDS = 900;

interface Second {
  readonly second: number;
  readonly frames: number;
  readonly bytes: number;
  readonly lag: SecondOfLag | undefined;
}

/** The last complete seconds of a recording. */
export interface SecondHistory {
  push(second: Second): void;
  /** Seconds from number `from` on; `toWall` converts the start of a second to Unix milliseconds. */
  snapshot(from: number, offset: number, toWall: (second: number) => number): StatusHistory;
  /** Mean bytes per second over at most the last `seconds`. */
  meanBytes(seconds: number): number;
}

export function createSecondHistory(): SecondHistory {
  const ring: Second[] = [];

  return {
    push(second) {
      ring.push(second);
      if (ring.length > HISTORY_SECONDS) ring.shift();
    },
    snapshot(from, offset, toWall) {
      const seconds = ring.filter(({ second }) => second >= from);
      const milliseconds = (value: number | undefined): number | null =>
        value === undefined ? null : roundedMs(value + offset);
      return {
        at: seconds.map(({ second }) => Math.round(toWall(second))),
        frames: seconds.map(({ frames }) => frames),
        bytes: seconds.map(({ bytes }) => bytes),
        lagMedianMs: seconds.map(({ lag }) => milliseconds(lag?.median)),
        lagMaximumMs: seconds.map(({ lag }) => milliseconds(lag?.maximum)),
      };
    },
    meanBytes(seconds) {
      const last = ring.slice(-seconds);
      return last.length === 0 ? 0 : last.reduce((sum, { bytes }) => sum + bytes, 0) / last.length;
    },
  };
}

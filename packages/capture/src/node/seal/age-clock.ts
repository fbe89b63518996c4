import type { PresentSegment } from '../folder/manifest-state.ts';
import type { CaptureClock } from '../system/clock.ts';

/** A wall clock that moved by more than this against the monotonic one was set, or is being set. */
const STEP_MS = 10_000;
/** For so long, or for the age that is asked about when that is less, a wall clock must not have been set. */
const TRUST_MS = 3_600_000;

/**
 * How old segments are. Those of this run by the monotonic clock; older ones by the wall clock, once that has gone on
 * for an hour without being set: a clock that is wrong for a moment must not cost a recording.
 */
export interface AgeClock {
  /** A segment of this run was sealed now. */
  sealed(file: string): void;
  forget(file: string): void;
  /** Compares the clocks. Call it before asking for ages. */
  look(): void;
  /**
   * Returns a function for the age of a segment since it was sealed, in ms, to be called oldest first; it returns
   * `undefined` while no clock can be trusted.
   */
  ages(limitMs: number): (segment: PresentSegment) => number | undefined;
}

export function createAgeClock(clock: CaptureClock): AgeClock {
  const sealedMs = new Map<string, number>();
  let offsetMs = clock.wallMs() - clock.now();
  let sinceMs = clock.now();

  return {
    sealed: (file) => void sealedMs.set(file, clock.now()),
    forget: (file) => void sealedMs.delete(file),
    look() {
      const before = offsetMs;
      offsetMs = clock.wallMs() - clock.now();
      if (Math.abs(offsetMs - before) > STEP_MS) sinceMs = clock.now();
    },
    ages(limitMs) {
      const now = clock.now();
      const isTrusted = now - sinceMs >= Math.min(TRUST_MS, limitMs);
      /** A segment was not sealed before those that are older, whatever its own time says. */
      let latestMs = Number.NEGATIVE_INFINITY;
      return ({ entry: { file, at } }) => {
        const ms = sealedMs.get(file);
        latestMs = Math.max(latestMs, Date.parse(at));
        if (ms !== undefined) return now - ms;
        return isTrusted ? now + offsetMs - latestMs : undefined;
      };
    },
  };
}

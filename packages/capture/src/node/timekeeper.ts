import { formatTimestamp } from '../timestamp.ts';

/** The clocks of a writer. `now` is the clock that `receivedAt` is read from. */
export interface CaptureClock {
  /** Monotonic milliseconds, as `performance.now()` gives them. */
  now(): number;
  /** Milliseconds since 1970 on the wall clock, which may step. */
  wallMs(): number;
}

export const systemClock: CaptureClock = { now: () => performance.now(), wallMs: () => Date.now() };

/** The zero of a segment's `mono`: the wall clock there, and its distance to the zero of the run. */
export interface SegmentZero {
  readonly at: string;
  readonly mono: number;
}

/** A smaller difference between the clocks is drift or a slow reading, not a step. */
const STEP_MS = 50;
const NS_PER_SECOND = 1_000_000_000;

/**
 * Turns receive times into stamps. `mono` never decreases within a segment; `at` follows the monotonic clock
 * from the wall clock's reading at the segment's zero, and the wall clock only where it steps.
 */
export interface Timekeeper {
  /** Starts a segment at `ms` on the monotonic clock, never before the last stamp. */
  start(ms: number): SegmentZero;
  /** Sets the fields below for something that happened at `ms` on the monotonic clock. */
  stamp(ms: number): void;
  /** Of the last stamp: seconds since 1970, and its fraction in nanoseconds. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly mono: number;
  readonly at: string;
  /** By how many ms the wall clock has stepped since it was last asked; from then on stamps follow it. */
  step(): number | undefined;
}

/** Both clocks at one instant; read again when something came between the two readings. */
function readBoth(clock: CaptureClock): { readonly wallMs: number; readonly ms: number } {
  let before = clock.now();
  for (let attempt = 0; ; attempt += 1) {
    const wallMs = clock.wallMs();
    const after = clock.now();
    if (after - before < 1 || attempt === 3) return { wallMs, ms: (before + after) / 2 };
    before = after;
  }
}

export function createTimekeeper(clock: CaptureClock): Timekeeper {
  let runZeroMs: number | undefined;
  /** The zero of the segment on the monotonic clock in ms, and on the wall clock in whole s and ns. */
  let zeroMs = 0;
  let zeroSeconds = 0;
  let zeroNanoseconds = 0;
  let mono = 0;
  let seconds = 0;
  let nanoseconds = 0;

  function anchor({ wallMs, ms }: { readonly wallMs: number; readonly ms: number }): void {
    const atZero = wallMs - (ms - zeroMs);
    zeroSeconds = Math.floor(atZero / 1000);
    zeroNanoseconds = Math.round((atZero - zeroSeconds * 1000) * 1e6);
  }

  function set(ns: number): void {
    mono = ns;
    const whole = Math.floor(ns / NS_PER_SECOND);
    nanoseconds = zeroNanoseconds + (ns - whole * NS_PER_SECOND);
    seconds = zeroSeconds + whole;
    if (nanoseconds >= NS_PER_SECOND) {
      nanoseconds -= NS_PER_SECOND;
      seconds += 1;
    }
  }

  return {
    start(ms) {
      const last = zeroMs + mono / 1e6;
      zeroMs = runZeroMs === undefined ? ms : Math.max(ms, last);
      runZeroMs ??= zeroMs;
      anchor(readBoth(clock));
      set(0);
      return { at: formatTimestamp(seconds, nanoseconds), mono: Math.round((zeroMs - runZeroMs) * 1e6) };
    },
    stamp(ms) {
      const ns = Math.round((ms - zeroMs) * 1e6);
      // A receive time that is no number, or before the last one, must not run the clock backwards.
      set(ns > mono ? ns : mono);
    },
    get seconds() {
      return seconds;
    },
    get nanoseconds() {
      return nanoseconds;
    },
    get mono() {
      return mono;
    },
    get at() {
      return formatTimestamp(seconds, nanoseconds);
    },
    step() {
      const reading = readBoth(clock);
      const expected = zeroSeconds * 1000 + zeroNanoseconds / 1e6 + (reading.ms - zeroMs);
      const offsetMs = reading.wallMs - expected;
      if (Math.abs(offsetMs) <= STEP_MS) return undefined;
      anchor(reading);
      return Math.round(offsetMs * 1000) / 1000;
    },
  };
}

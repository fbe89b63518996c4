import { formatTimestamp } from '../../format/timestamp.ts';
import type { CaptureClock } from '../system/clock.ts';

/** The zero of a segment's `mono`: the wall clock there, and its distance to the zero of the run. */
export interface SegmentZero {
  readonly at: string;
  readonly mono: number;
}

/** A smaller difference between the clocks is drift or a slow reading, not a step. */
const STEP_MS = 50;
/** After this long without a stamp, a receive time is capped at now. */
const LEAP_MS = 60_000;
const NS_PER_SECOND = 1_000_000_000;

const isStep = (offsetMs: number): boolean => Math.abs(offsetMs) > STEP_MS;

interface Reading {
  readonly wallMs: number;
  readonly ms: number;
}

/** Both clocks at one instant; read again when something came between the two readings. */
function readBoth(clock: CaptureClock): Reading {
  let before = clock.now();
  for (let attempt = 0; ; attempt += 1) {
    const wallMs = clock.wallMs();
    const after = clock.now();
    if (after - before < 1 || attempt === 3) return { wallMs, ms: (before + after) / 2 };
    before = after;
  }
}

/**
 * Turns receive times into stamps. `mono` never decreases within a segment; `at` follows the monotonic clock
 * from the wall clock's reading at the segment's zero, and the wall clock only where it steps.
 */
export class StampClock {
  /** Of the last stamp: seconds since 1970, their fraction, and ns since the segment's zero. */
  seconds = 0;
  nanoseconds = 0;
  mono = 0;
  readonly #clock: CaptureClock;
  #runZeroMs: number | undefined;
  /** The zero of the segment on the monotonic clock in ms, and on the wall clock in whole s and ns. */
  #zeroMs = 0;
  #lastMs = 0;
  #zeroSeconds = 0;
  #zeroNanoseconds = 0;

  constructor(clock: CaptureClock) {
    this.#clock = clock;
  }

  get at(): string {
    return formatTimestamp(this.seconds, this.nanoseconds);
  }

  /** The last stamp, in ns since the zero of the run. */
  get runMono(): number {
    return this.#runZeroNs() + this.mono;
  }

  /**
   * Starts a segment at the last stamp; the first one at `ms`. Drift ends with the segment; a step is left for
   * `step` to find, so that it is stated.
   */
  start(ms: number): SegmentZero {
    const isFirst = this.#runZeroMs === undefined;
    if (isFirst) this.#lastMs = ms;
    this.#runZeroMs ??= ms;
    const reading = readBoth(this.#clock);
    const offsetMs = isFirst ? 0 : this.#offset(reading);
    this.#zeroMs = this.#lastMs;
    this.#anchor(isStep(offsetMs) ? { wallMs: reading.wallMs - offsetMs, ms: reading.ms } : reading);
    this.#set(0);
    return { at: this.at, mono: this.#runZeroNs() };
  }

  /** How far the segment's zero lies after that of the run. */
  #runZeroNs(): number {
    return Math.round((this.#zeroMs - (this.#runZeroMs ?? this.#zeroMs)) * 1e6);
  }

  /** Sets the stamp for something that happened at `ms` on the monotonic clock. */
  stamp(ms: number): void {
    const ns = Math.round((this.#plausible(ms) - this.#zeroMs) * 1e6);
    // A receive time that lies before the last one must not run the clock backwards.
    this.#set(ns > this.mono ? ns : this.mono);
    this.#lastMs = this.#zeroMs + this.mono / 1e6;
  }

  /** Caps a receive time at now when it is no number or far ahead of the last stamp. */
  #plausible(ms: number): number {
    if (ms - this.#lastMs < LEAP_MS) return ms;
    const now = this.#clock.now();
    return ms < now ? ms : now;
  }

  /** By how many ms the wall clock has stepped since it was last asked; from then on stamps follow it. */
  step(): number | undefined {
    const reading = readBoth(this.#clock);
    const offsetMs = this.#offset(reading);
    if (!isStep(offsetMs)) return undefined;
    this.#anchor(reading);
    return Math.round(offsetMs * 1000) / 1000;
  }

  /** By how many ms the wall clock is ahead of what the stamps say. */
  #offset({ wallMs, ms }: Reading): number {
    return wallMs - (this.#zeroSeconds * 1000 + this.#zeroNanoseconds / 1e6 + (ms - this.#zeroMs));
  }

  #anchor({ wallMs, ms }: Reading): void {
    const atZero = wallMs - (ms - this.#zeroMs);
    this.#zeroSeconds = Math.floor(atZero / 1000);
    this.#zeroNanoseconds = Math.round((atZero - this.#zeroSeconds * 1000) * 1e6);
  }

  #set(ns: number): void {
    const whole = Math.floor(ns / NS_PER_SECOND);
    const nanoseconds = this.#zeroNanoseconds + (ns - whole * NS_PER_SECOND);
    const carry = nanoseconds >= NS_PER_SECOND ? 1 : 0;
    this.mono = ns;
    this.seconds = this.#zeroSeconds + whole + carry;
    this.nanoseconds = nanoseconds - carry * NS_PER_SECOND;
  }
}

/** The clocks of a writer. `now` is the clock that `receivedAt` is read from. */
export interface CaptureClock {
  /** Monotonic milliseconds, as `performance.now()` gives them. */
  now(): number;
  /** Milliseconds since 1970 on the wall clock, which may step. */
  wallMs(): number;
}

export const systemClock: CaptureClock = { now: () => performance.now(), wallMs: () => Date.now() };

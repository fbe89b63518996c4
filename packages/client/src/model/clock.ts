/** Time as the client sees it. Give your own to run a feed in simulated time. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Milliseconds since 1970, to compare with the exchange's timestamps. Without it no lag is measured. */
  wall?(): number;
}

/** A moment on a {@link Clock}, in milliseconds. */
export type Instant = number;

/** The machine's own clock: `performance.now()` and Node's timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  wall: () => Date.now(),
};

/** How far a clock is ahead of a server's time, given in milliseconds since 1970; NaN where the server has none. */
export function wallOffMs(clock: Clock, serverTime: number): number | undefined {
  const wall = clock.wall?.();
  return wall === undefined || Number.isNaN(serverTime) ? undefined : wall - serverTime;
}

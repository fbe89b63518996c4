import { type Check, hasMethods, must } from './check-options.ts';

/** Time as the client sees it. Give your own to run a feed in simulated time. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Milliseconds since 1970, to compare with the exchange's timestamps. Without it no lag is measured. */
  wall?(): number;
}

export const aClock: Check = must(
  'a Clock: an object with the methods now, setTimeout, clearTimeout and perhaps wall',
  (value) =>
    hasMethods(value, 'now', 'setTimeout', 'clearTimeout') &&
    ((value as Clock).wall === undefined || hasMethods(value, 'wall')),
);

/** A moment on a {@link Clock}, in milliseconds. */
export type Instant = number;

/** A longer timer of Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock: `performance.now()` and Node's timers, which may fire early where the wait is long. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, Math.min(ms, LONGEST_TIMER_MS)),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  wall: () => Date.now(),
};

/** A timer this late means that this process stood still: silence meanwhile is not the peer's. */
export const STALL_MS = 1_000;

/**
 * Calls back after `ms` of waiting; a wait in which this process stood still begins anew. Returns what cancels it.
 */
export function waitFor(clock: Clock, ms: number, run: () => void): () => void {
  let handle: unknown;
  const wait = (): void => {
    const due = clock.now() + ms;
    handle = clock.setTimeout(() => (clock.now() - due >= STALL_MS ? wait() : run()), ms);
  };
  wait();
  return () => clock.clearTimeout(handle);
}

/** How far a clock is ahead of a server's time, given in milliseconds since 1970; NaN where the server has none. */
export function wallOffMs(clock: Clock, serverTime: number): number | undefined {
  const wall = clock.wall?.();
  return wall === undefined || Number.isNaN(serverTime) ? undefined : wall - serverTime;
}

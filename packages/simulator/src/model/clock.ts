/** Monotonic milliseconds and timers; the same shape as the client's clock, so that one clock can drive both. */
export interface Clock {
  now(): number;
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Runs `fn` after the pending work of the event loop. @default a timer of 0 ms */
  defer?(fn: () => void): void;
}

/** The machine's own clock. Its timers do not keep the process alive: the server's socket does. */
export const realClock: Clock = {
  now: () => performance.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms).unref(),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout | undefined),
  defer: (fn) => {
    setImmediate(fn);
  },
};

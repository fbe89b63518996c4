/** Timers, as a port. A call made in the past or with 0 ms comes in a later turn, never at once. */
export interface Timers {
  /** Calls `run` once after `ms`. Returns a function that cancels it. */
  after(ms: number, run: () => void): () => void;
  /** As `after`, without keeping the process alive. */
  afterInBackground(ms: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  afterInBackground(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
export function sleep(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = timers.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Calls `run` every `ms` without keeping the process alive. Returns a function that stops it. */
export function repeat(timers: Timers, ms: number, run: () => void): () => void {
  let cancel = timers.afterInBackground(ms, again);
  function again(): void {
    cancel = timers.afterInBackground(ms, again);
    run();
  }
  return () => cancel();
}

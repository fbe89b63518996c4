import { EventQueue } from './event-queue.ts';
import type { Clock } from './clock.ts';

/** A clock that stands still until it is advanced. */
export interface VirtualClock extends Clock {
  /**
   * Advances by `ms` and runs every timer that is due, in order. Promises that a timer settles run before the next
   * timer, so that clients written with `await` make progress.
   */
  advance(ms: number): Promise<void>;
  /** Pending timers. */
  readonly pending: number;
}

interface Timer {
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * Creates a clock at `startMs`. Two runs of the same program do the same at the same times.
 *
 * @example
 * ```ts
 * const clock = createVirtualClock();
 * clock.setTimeout(() => console.log(clock.now()), 500); // 500
 * await clock.advance(1_000);
 * ```
 */
export function createVirtualClock(startMs = 0): VirtualClock {
  const queue = new EventQueue<Timer>();
  let now = startMs;
  let pending = 0;

  return {
    now: () => now,
    get pending() {
      return pending;
    },
    setTimeout(fn, ms) {
      const timer: Timer = { run: fn, cancelled: false };
      pending += 1;
      queue.add(now + Math.max(0, ms), timer);
      return timer;
    },
    clearTimeout(handle) {
      const timer = handle as Timer | undefined;
      if (timer === undefined || timer.cancelled) return;
      timer.cancelled = true;
      pending -= 1;
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      while (queue.nextAt <= until) {
        now = Math.max(now, queue.nextAt);
        const timer = queue.take();
        if (timer === undefined || timer.cancelled) continue;
        timer.cancelled = true;
        pending -= 1;
        timer.run();
        await settle();
      }
      now = until;
    },
  };
}

/** One turn of the event loop, in which all settled promises run. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

import { Agenda } from './event-queue.ts';
import type { Clock } from './clock.ts';

/** A clock that stands still until it is moved. */
export interface VirtualClock extends Clock {
  /**
   * Moves on by `ms`, running every timer on the way in order. Between two timers the promises that the first one
   * settled get their turn, so that clients written with `await` run too.
   */
  advance(ms: number): Promise<void>;
  /** Timers that are set and have not run. */
  readonly pending: number;
}

interface Timer {
  readonly run: () => void;
  cancelled: boolean;
}

/** Starts at `startMs`. Two runs of the same program on it do the same things at the same times. */
export function createVirtualClock(startMs = 0): VirtualClock {
  const agenda = new Agenda<Timer>();
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
      agenda.add(now + Math.max(0, ms), timer);
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
      while (agenda.nextAt <= until) {
        now = Math.max(now, agenda.nextAt);
        const timer = agenda.take();
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

/** A turn of the event loop: every promise that can settle has settled. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

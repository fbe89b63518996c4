import type { Instant } from '../model/clock.ts';

/**
 * At most so many grants in any window of time. Exact, not on average: the exchange counts by the second, and
 * the window has a margin for what the network does to the spacing.
 */
export interface Pacer {
  /** The earliest moment at which {@link take} is allowed. */
  readyAt(): Instant;
  /** Counts one grant at `now`. */
  take(now: Instant): void;
  /** Grants nothing before a moment, because the exchange complained. */
  hold(until: Instant): void;
}

export interface Pace {
  /** Grants in a window. What is no whole number is kept by even spacing: 2.5 in a second are one every 400 ms. */
  readonly limit: number;
  readonly windowMs: number;
}

/** More grants than this in a window are not counted one by one. */
const MOST_COUNTED = 10_000;

export function createPacer({ limit, windowMs }: Pace): Pacer {
  const counted = Number.isInteger(limit) && limit <= MOST_COUNTED;
  const [most, span] = counted ? [limit, windowMs] : [1, windowMs / limit];
  const grants = Array.from<Instant>({ length: most }).fill(-Infinity);
  let oldest = 0;
  let held = -Infinity;
  return {
    readyAt: () => Math.max(held, (grants[oldest] ?? -Infinity) + span),
    take(now) {
      grants[oldest] = now;
      oldest = (oldest + 1) % most;
    },
    hold(until) {
      held = Math.max(held, until);
    },
  };
}

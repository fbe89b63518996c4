import type { Instant } from './clock.ts';

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
  /** Grants in a window. */
  readonly limit: number;
  readonly windowMs: number;
  /** The least time between two grants. @default 0 */
  readonly spacingMs?: number;
}

export function createPacer({ limit, windowMs, spacingMs = 0 }: Pace): Pacer {
  const grants = Array.from<Instant>({ length: limit }).fill(-Infinity);
  let oldest = 0;
  let last = -Infinity;
  let held = -Infinity;
  return {
    readyAt: () => Math.max(held, last + spacingMs, (grants[oldest] ?? -Infinity) + windowMs),
    take(now) {
      grants[oldest] = now;
      oldest = (oldest + 1) % limit;
      last = now;
    },
    hold(until) {
      held = Math.max(held, until);
    },
  };
}

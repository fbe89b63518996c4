import { type Limits, LIMITS } from '@feedtape/protocol';
import { aCount, type Check, optionsOf, positives, withDefaults } from '../model/check-options.ts';
import type { Instant } from '../model/clock.ts';

/**
 * Allows a number of grants in any window of time: exactly, not on average, because the exchange counts by the second.
 */
export interface RateLimiter {
  /** The earliest moment at which {@link take} is allowed. */
  readyAt(): Instant;
  /** Counts one grant at `now`. */
  take(now: Instant): void;
  /** Allows no grant before a moment, because the exchange reported a rate limit. */
  block(until: Instant): void;
}

interface RateLimit {
  /** Grants in a window. A fractional limit is kept by even spacing: 2.5 in a second are one every 400 ms. */
  readonly limit: number;
  readonly windowMs: number;
}

/** More grants than this in a window are not counted one by one. */
const MAX_COUNTED = 10_000;

export function createRateLimiter({ limit, windowMs }: RateLimit): RateLimiter {
  const counted = Number.isInteger(limit) && limit <= MAX_COUNTED;
  const [most, span] = counted ? [limit, windowMs] : [1, windowMs / limit];
  const grants = Array.from<Instant>({ length: most }).fill(-Infinity);
  let oldest = 0;
  let paused = -Infinity;
  return {
    readyAt: () => Math.max(paused, (grants[oldest] ?? -Infinity) + span),
    take(now) {
      grants[oldest] = now;
      oldest = (oldest + 1) % most;
    },
    block(until) {
      paused = Math.max(paused, until);
    },
  };
}

/** Rate limits that the exchange counts by address. See {@link createRateLimits}. */
export interface RateLimits {
  readonly requests: RateLimiter;
  readonly connections: RateLimiter;
  /** Attempts after a failure: one a second. */
  readonly reconnections: RateLimiter;
}

/** The limits there are, also those that only others keep. */
export const exchangeLimits: Check = optionsOf<Limits>({
  ...positives(LIMITS),
  level2ProductsPerConnection: aCount,
  otherProductsPerConnection: aCount,
});

/** A little more than a second: the exchange counts when things arrive, not when they leave. */
const SECOND_MS = 1_100;

/**
 * Creates rate limits to share between feeds. The exchange counts 8 connections and 8 requests a second by address,
 * not by connection: give the same object to every feed of a process that opens more than one. Both lines of a
 * redundant feed share one anyway. All feeds that share it need the same clock. A fractional rate, such as 2.5 or 0.5,
 * is kept by even spacing.
 *
 * @throws ClientError `CLIENT_OPTION_INVALID` for a rate that is no number above 0
 *
 * @example
 * ```ts
 * const rateLimits = createRateLimits();
 * const feeds = ['BTC-USD', 'ETH-USD'].map((productId) =>
 *   openFeed({ subscriptions: [{ channel: 'ticker', productIds: [productId] }], rateLimits }),
 * );
 * ```
 */
export function createRateLimits(
  limits: Partial<Pick<Limits, 'connectionsPerSecond' | 'messagesPerSecond'>> = {},
): RateLimits {
  exchangeLimits('limits', limits);
  const { connectionsPerSecond, messagesPerSecond } = withDefaults<Limits>(LIMITS, limits);
  return {
    requests: createRateLimiter({ limit: messagesPerSecond, windowMs: SECOND_MS }),
    connections: createRateLimiter({ limit: connectionsPerSecond, windowMs: SECOND_MS }),
    reconnections: createRateLimiter({ limit: 1, windowMs: 1_000 }),
  };
}

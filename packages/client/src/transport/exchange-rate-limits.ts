import { type Limits, LIMITS } from '@feedtape/protocol';
import { aCount, type Check, optionsOf, positives, withDefaults } from '../model/check-options.ts';
import { createPacer, type Pacer } from './rate-limiter.ts';

/** What the exchange counts by address: new connections and requests. See {@link createPacing}. */
export interface Pacing {
  readonly requests: Pacer;
  readonly dials: Pacer;
  /** Attempts after a failure: one a second. */
  readonly redials: Pacer;
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
 * The exchange's limits as one purse for several feeds. It counts 8 connections and 8 requests a second by address,
 * not by connection: give the same pacing to every feed of a process that opens more than one. Both lines of a
 * redundant feed share one anyway. All sharers need the same clock. A rate that is no whole number, such as 2.5 or 0.5,
 * is kept by even spacing.
 *
 * @throws ClientError `CLIENT_OPTION_INVALID` for a rate that is no number above 0
 */
export function createPacing(
  limits: Partial<Pick<Limits, 'connectionsPerSecond' | 'messagesPerSecond'>> = {},
): Pacing {
  exchangeLimits('limits', limits);
  const { connectionsPerSecond, messagesPerSecond } = withDefaults<Limits>(LIMITS, limits);
  return {
    requests: createPacer({ limit: messagesPerSecond, windowMs: SECOND_MS }),
    dials: createPacer({ limit: connectionsPerSecond, windowMs: SECOND_MS }),
    redials: createPacer({ limit: 1, windowMs: 1_000 }),
  };
}

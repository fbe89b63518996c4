// What the options of a feed may be, in tables.
import type { Subscription } from '@feedtape/protocol';
import {
  aBoolean,
  aCount,
  aFunction,
  aLimit,
  aString,
  type Check,
  hasMethods,
  listOf,
  must,
  oneOf,
  optionsOf,
  positives,
  strings,
} from '../model/check-options.ts';
import { aClock } from '../model/clock.ts';
import { type Backoff, defaultBackoff, defaultTimeouts, type Timeouts } from '../model/timeouts.ts';
import { exchangeLimits } from '../transport/exchange-rate-limits.ts';
import type { FeedOptions, QueueLimits } from './feed-options.ts';

export const aSubscription: Check = optionsOf<Subscription>(
  { channel: aString, productIds: listOf(aString) },
  'channel',
);

const queue: Check = optionsOf<QueueLimits>({
  limitBytes: aLimit,
  limitItems: aLimit,
  policy: oneOf('pause', 'drop'),
});

const timeouts: Check = optionsOf<Timeouts>(positives(defaultTimeouts));

const backoff: Check = optionsOf<Backoff>({
  ...positives(defaultBackoff),
  authenticationAttempts: aCount,
});

const LIMITERS = ['requests', 'connections', 'reconnections'] as const;

export const feedOptions: Check = optionsOf<FeedOptions>(
  {
    subscriptions: listOf(aSubscription),
    url: aString,
    userUrl: strings,
    token: aFunction,
    signal: must(
      'an AbortSignal',
      (value) =>
        hasMethods(value, 'addEventListener', 'removeEventListener') &&
        typeof (value as AbortSignal).aborted === 'boolean',
    ),
    recovery: oneOf('resubscribe', 'reconnect', 'report'),
    queue,
    redundancy: oneOf(1, 2),
    allowInsecure: aBoolean,
    maxAttempts: aLimit,
    log: aFunction,
    limits: exchangeLimits,
    rateLimits: must('what createRateLimits() returns', (value) =>
      LIMITERS.every((name) =>
        hasMethods((value as Partial<Record<string, unknown>> | null)?.[name], 'readyAt', 'take', 'block'),
      ),
    ),
    timeouts,
    backoff,
    transport: must('a Transport: an object with the method open', (value) => hasMethods(value, 'open')),
    clock: aClock,
    random: aFunction,
  },
  'subscriptions',
);

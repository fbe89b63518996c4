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
import { defaultPatience, type Patience } from '../model/timeouts.ts';
import { exchangeLimits } from '../transport/exchange-rate-limits.ts';
import { socketChecks } from '../transport/ws-transport.ts';
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

const patience: Check = optionsOf<Patience>({
  ...positives(defaultPatience),
  authenticationAttempts: aCount,
});

const PACERS = ['requests', 'dials', 'redials'] as const;

export const feedOptions: Check = optionsOf<FeedOptions>(
  {
    ...socketChecks,
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
    pacing: must('what createPacing() gives', (value) =>
      PACERS.every((name) =>
        hasMethods((value as Partial<Record<string, unknown>> | null)?.[name], 'readyAt', 'take', 'hold'),
      ),
    ),
    patience,
    transport: must('a Transport: an object with the method open', (value) => hasMethods(value, 'open')),
    clock: aClock,
    random: aFunction,
  },
  'subscriptions',
);

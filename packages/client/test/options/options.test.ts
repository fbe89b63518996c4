import {
  createRateLimits,
  defaultBackoff,
  defaultTimeouts,
  type FeedOptions,
  openFeed,
} from '@feedtape/client';
import { expect, test } from 'vitest';
import { createRateLimiter } from '#transport/exchange-rate-limits';
import { SimulatedClock } from '../simulated-clock.ts';
import { Stage } from '../stage.ts';

const absent = (name: string): object => ({ [name]: undefined });

function open(options: Partial<FeedOptions>): void {
  const clock = new SimulatedClock();
  const transport = new Stage(clock);
  const feed = openFeed({ url: 'ws://127.0.0.1:1', transport, clock, subscriptions: [], ...options });
  void feed.close();
}

const NO_NUMBERS: readonly unknown[] = [0, -1, Number.NaN, '5', null];

test.for([
  ...['connectionsPerSecond', 'messagesPerSecond'].flatMap((name) =>
    NO_NUMBERS.map((value) => [`limits.${name}`, { limits: { [name]: value } }] as const),
  ),
  ...['level2ProductsPerConnection', 'otherProductsPerConnection'].flatMap((name) =>
    [...NO_NUMBERS, 2.5, Infinity].map((value) => [`limits.${name}`, { limits: { [name]: value } }] as const),
  ),
  ...Object.keys(defaultTimeouts).flatMap((name) =>
    NO_NUMBERS.map((value) => [`timeouts.${name}`, { timeouts: { [name]: value } }] as const),
  ),
  ...Object.keys(defaultBackoff).flatMap((name) =>
    NO_NUMBERS.map((value) => [`backoff.${name}`, { backoff: { [name]: value } }] as const),
  ),
  ...['limitBytes', 'limitItems'].flatMap((name) =>
    [...NO_NUMBERS, 0.5].map((value) => [`queue.${name}`, { queue: { [name]: value } }] as const),
  ),
  ['backoff.authenticationAttempts', { backoff: { authenticationAttempts: 1.5 } }],
  ['timeouts.openMS', { timeouts: { openMS: 1 } }],
  ['limits.perSecond', { limits: { perSecond: 1 } }],
  ['queue.size', { queue: { size: 1 } }],
  ['queue.policy', { queue: { policy: 'block' } }],
  ['redundancy', { redundancy: 3 }],
  ['redundancy', { redundancy: 0 }],
  ['recovery', { recovery: 'retry' }],
  ['maxAttempts', { maxAttempts: 0 }],
  ['maxAttempts', { maxAttempts: Number.NaN }],
] as const)('%s: %o is refused by name', ([option, options]) => {
  expect(() => open(options as Partial<FeedOptions>)).toThrow(
    expect.objectContaining({ code: 'CLIENT_OPTION_INVALID', details: expect.objectContaining({ option }) }),
  );
});

test('absent and undefined options have their defaults, and Infinity is a valid limit', () => {
  open({ timeouts: absent('openMs'), limits: absent('messagesPerSecond'), queue: absent('policy') });
  open({ timeouts: { silenceMs: Infinity }, queue: { limitBytes: Infinity, limitItems: Infinity } });
  open({ maxAttempts: Infinity, limits: { messagesPerSecond: Infinity, connectionsPerSecond: 1e9 } });
  expect(() => createRateLimits({ messagesPerSecond: 0 })).toThrow(
    expect.objectContaining({ code: 'CLIENT_OPTION_INVALID' }),
  );
});

test.for([0.5, 1, 1.5, 2.5, 8, 7.9])('%d grants a second are that many, over any ten seconds', (rate) => {
  const pacer = createRateLimiter({ limit: rate, windowMs: 1_000 });
  const grants: number[] = [];
  for (let now = 0; now < 60_000; now += 1) {
    while (now >= pacer.readyAt()) {
      pacer.take(now);
      grants.push(now);
    }
  }
  expect(grants.length / 60).toBeCloseTo(rate, 0);
  for (const [index, at] of grants.entries()) {
    const within = grants.filter((other, place) => place >= index && other - at < 10_000).length;
    expect(within).toBeLessThanOrEqual(Math.ceil(10 * rate));
  }
});

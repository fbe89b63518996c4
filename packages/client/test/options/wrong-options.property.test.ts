// What callers without types pass: each wrong value of each option is refused by name, with one code.
import {
  createRateLimits,
  createWsTransport,
  type FeedOptions,
  createBookKeeper,
  messages,
  openFeed,
  trades,
} from '@feedtape/client';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SimulatedClock } from '../simulated-clock.ts';
import { Stage } from '../stage.ts';

const seed = Number(process.env['FEED_SEED'] ?? process.env['FEEDTAPE_SEED']);
const parameters = { seed, numRuns: 2_000 };

type Sort = 'null' | 'boolean' | 'number' | 'string' | 'bigint' | 'symbol' | 'function' | 'array' | 'object';

const sortOf = (value: unknown): Sort =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : (typeof value as Sort);

/** Each option, and the sorts of values that may be right for it; no object of chance is a port. */
const OPTIONS: Readonly<Record<keyof FeedOptions, readonly Sort[]>> = {
  subscriptions: ['array'],
  url: ['string'],
  userUrl: ['string', 'array'],
  token: ['function'],
  signal: [],
  recovery: ['string'],
  queue: ['object'],
  redundancy: ['number'],
  allowInsecure: ['boolean'],
  maxAttempts: ['number'],
  log: ['function'],
  limits: ['object'],
  rateLimits: [],
  timeouts: ['object'],
  backoff: ['object'],
  transport: [],
  clock: [],
  random: ['function'],
};

/** Options within options. */
const INNER: Readonly<Record<string, readonly Sort[]>> = {
  'queue.limitBytes': ['number'],
  'queue.policy': ['string'],
  'limits.messagesPerSecond': ['number'],
  'limits.level2ProductsPerConnection': ['number'],
  'timeouts.openMs': ['number'],
  'backoff.authenticationAttempts': ['number'],
};

const odd = (value: unknown): never => value as never;

const SECRET = 'organizations-secret-MHcCAQEEI';

const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
  }),
  fc.constantFrom(null, Symbol('odd'), SECRET, [SECRET], { key: SECRET }, new String(SECRET), () => SECRET),
);

function refusal(act: () => unknown): Error & { code?: string; details?: { option?: string } } {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  return new Error('not refused');
}

function open(options: object): void {
  const clock = new SimulatedClock();
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    transport: new Stage(clock),
    clock,
    subscriptions: [],
    ...options,
  });
  void feed.close();
}

function expectRefused(option: string, act: () => unknown): void {
  const { code, details, message } = refusal(act);
  expect({ code, option: details?.option }).toEqual({ code: 'CLIENT_OPTION_INVALID', option });
  expect(message).not.toContain(SECRET);
}

test.for(Object.entries(OPTIONS))(
  `%s: every other sort of value is refused (FEED_SEED=${seed})`,
  ([option, right]) => {
    const wrong = anyValue.filter((value) => value !== undefined && !right.includes(sortOf(value)));
    fc.assert(
      fc.property(wrong, (value) => expectRefused(option, () => open({ [option]: value }))),
      { ...parameters, numRuns: 200 },
    );
  },
);

test.for(Object.entries(INNER))(
  `%s: every other sort of value is refused (FEED_SEED=${seed})`,
  ([option, right]) => {
    const [outer = '', inner = ''] = option.split('.');
    const wrong = anyValue.filter((value) => value !== undefined && !right.includes(sortOf(value)));
    fc.assert(
      fc.property(wrong, (value) => expectRefused(option, () => open({ [outer]: { [inner]: value } }))),
      { ...parameters, numRuns: 200 },
    );
  },
);

test(`a name that no option has is refused, inside of options too (FEED_SEED=${seed})`, () => {
  const known = new Set([...Object.keys(OPTIONS), ...Object.keys(INNER).map((name) => name.split('.')[1])]);
  const name = fc.string({ minLength: 1 }).filter((text) => !known.has(text));
  fc.assert(
    fc.property(
      name,
      fc.constantFrom('', 'queue', 'limits', 'timeouts', 'backoff'),
      anyValue,
      (unknown, outer, value) => {
        const given = Object.fromEntries([[unknown, value]]);
        if (outer === '') expectRefused(unknown, () => open(given));
        else expectRefused(`${outer}.${unknown}`, () => open({ [outer]: given }));
      },
    ),
    parameters,
  );
});

test.for<readonly [string, unknown]>([
  ['options', undefined],
  ['options', null],
  ['options', 5],
  ['options', []],
  ['options', () => {}],
  ['subscriptions', {}],
  ['subscriptions[0]', { subscriptions: [null] }],
  ['subscriptions[0]', { subscriptions: ['level2'] }],
  ['subscriptions[0].channel', { subscriptions: [{}] }],
  ['subscriptions[0].channel', { subscriptions: [{ channel: 5 }] }],
  [
    'subscriptions[1].productIds',
    { subscriptions: [{ channel: 'heartbeats' }, { channel: 'level2', productIds: 'BTC-USD' }] },
  ],
  ['subscriptions[0].productIds', { subscriptions: [{ channel: 'level2', productIds: null }] }],
  ['subscriptions[0].productIds[1]', { subscriptions: [{ channel: 'level2', productIds: ['BTC-USD', 5] }] }],
  ['subscriptions[0].product_ids', { subscriptions: [{ channel: 'level2', product_ids: ['BTC-USD'] }] }],
  ['userUrl', { subscriptions: [], userUrl: [] }],
  ['userUrl[0]', { subscriptions: [], userUrl: [null] }],
  ['rateLimits', { subscriptions: [], rateLimits: { requests: {}, connections: {}, reconnections: {} } }],
  ['clock', { subscriptions: [], clock: { now: () => 0 } }],
])('%s is refused in %o', ([option, options]) => {
  expectRefused(option, () => void openFeed(options as FeedOptions).close());
});

test('all other functions reject wrong options and arguments with the same code', () => {
  const clock = new SimulatedClock();
  const feed = openFeed({ subscriptions: [], transport: new Stage(clock), clock });
  expectRefused('limits', () => createRateLimits(odd(null)));
  expectRefused('limits.perSecond', () => createRateLimits(odd({ perSecond: 1 })));
  expectRefused('options', () => createWsTransport(odd(null)));
  expectRefused('maxPayload', () => createWsTransport(odd({ maxPayload: '16 MiB' })));
  expectRefused('ca[0]', () => createWsTransport(odd({ ca: [Buffer.from('')] })));
  expectRefused('maxPayLoad', () => createWsTransport(odd({ maxPayLoad: 1 })));
  expectRefused('options', () => trades(feed, odd(null)));
  expectRefused('backfill', () => trades(feed, odd({ backfill: {} })));
  expectRefused('backFill', () => trades(feed, odd({ backFill: () => {} })));
  expectRefused('continuity', () => trades(feed, odd({ continuity: null })));
  expectRefused('createBook', () => createBookKeeper(odd(undefined)));
  expectRefused('channel', () => messages(feed, odd('level3')));
  expectRefused('subscriptions[0]', () => feed.subscribe(odd(null)));
  expectRefused('subscriptions[0].productIds', () =>
    feed.unsubscribe(odd({ channel: 'level2', productIds: 'BTC-USD' })),
  );
  expectRefused('productIds', () => feed.refresh(odd('BTC-USD')));
  expect(feed.subscriptions).toEqual([]);
  void feed.close();
});

test('a sink that is not a function is rejected, and the feed goes on', async () => {
  const feed = openFeed({
    subscriptions: [],
    transport: new Stage(new SimulatedClock()),
    clock: new SimulatedClock(),
  });
  await expect(feed.consume({} as never)).rejects.toMatchObject({ code: 'CLIENT_OPTION_INVALID' });
  expect(() => feed.subscribe({ channel: 'heartbeats' })).not.toThrow();
  void feed.close();
});

test.for([undefined, null, 5, {}, Buffer.from('token')])(
  'a token source that gives %o has failed, as one that throws has',
  async (given) => {
    const clock = new SimulatedClock();
    const stage = new Stage(clock, (socket) => socket.open());
    const feed = openFeed({
      url: 'ws://127.0.0.1:1',
      subscriptions: [{ channel: 'user' }],
      transport: stage,
      clock,
      token: async () => given as never,
    });
    const ended = feed.consume(() => {}).catch((error: unknown) => error);
    await clock.pass(30_000);
    expect(await ended).toMatchObject({
      code: 'CLIENT_TOKEN_FAILED',
      cause: { code: 'CLIENT_OPTION_INVALID' },
    });
    expect(
      stage.sockets.flatMap(({ requests }) => requests.filter(({ channel }) => channel === 'user')),
    ).toEqual([]);
  },
);

import { defaultBackoff, defaultTimeouts } from '@feedtape/client';
import type { RequestChannel } from '@feedtape/protocol';
import { expect, test } from 'vitest';
import * as reducer from '#subscriptions/subscription-reducer';
import {
  type SubscriptionRequest,
  type SubscriptionState,
  initialSubscriptionState,
} from '#subscriptions/subscription-state';
import { BookFreshness } from '#shard/book-freshness';
import { subscriptionDeadline, nextRequest } from '#subscriptions/next-request';

const TIMING = { timeouts: defaultTimeouts, backoff: defaultBackoff };

type Set_ = Readonly<Record<string, readonly string[]>>;
const topics = (channels: Set_): ReadonlyMap<RequestChannel, ReadonlySet<string>> =>
  new Map(Object.entries(channels).map(([channel, ids]) => [channel as RequestChannel, new Set(ids)]));

/** What happens to a connection, in order. Times in seconds. */
type Step =
  | readonly ['want', Set_]
  | readonly ['send', number]
  | readonly ['ack', Set_, number]
  | readonly ['refused', number]
  | readonly ['snapshot', string]
  | readonly ['gap', number]
  | readonly ['refresh', string]
  | readonly ['time', number]
  | readonly ['excuse', number, number];

interface Outcome {
  readonly state: SubscriptionState;
  readonly wanted: ReadonlyMap<RequestChannel, ReadonlySet<string>>;
  readonly sent: readonly string[];
  readonly deaf: boolean;
}

function run(steps: readonly Step[]): Outcome {
  let state = initialSubscriptionState;
  let wanted = topics({});
  let deaf = false;
  const sent: string[] = [];
  for (const step of steps) {
    switch (step[0]) {
      case 'want':
        wanted = topics(step[1]);
        state = reducer.desiredChanged(state, wanted);
        break;
      case 'send': {
        const now = step[1] * 1_000;
        const ask = nextRequest(state, wanted, now);
        sent.push(ask === undefined ? '-' : nameOf(ask));
        if (ask !== undefined) state = reducer.requestSent(state, ask, now, TIMING);
        break;
      }
      case 'ack':
        state = reducer.acknowledgementReceived(state, topics(step[1]), step[2] * 1_000, TIMING).state;
        break;
      case 'refused':
        state = reducer.requestRejected(state, step[1] * 1_000, undefined, TIMING);
        break;
      case 'snapshot':
        state = reducer.snapshotReceived(state, step[1]);
        break;
      case 'gap':
        state = reducer.framesLost(state, step[1] * 1_000, TIMING);
        break;
      case 'refresh':
        state = reducer.repairProducts(state, [step[1]]);
        break;
      case 'time': {
        const expired = reducer.expireTimeouts(state, step[1] * 1_000, TIMING);
        state = expired.state;
        deaf ||= expired.unresponsive;
        break;
      }
      case 'excuse':
        state = reducer.extendDeadlines(state, step[1] * 1_000, step[2] * 1_000, TIMING);
    }
  }
  return { state, wanted, sent, deaf };
}

const nameOf = ({ type, channel, productIds, repair }: SubscriptionRequest): string =>
  `${repair === true ? 'repair' : type} ${channel} ${productIds.join()}`.trim();

const A: Set_ = { level2: ['A-USD'] };
const AB: Set_ = { level2: ['A-USD', 'B-USD'] };
/** A book of A that is right. */
const RIGHT: readonly Step[] = [
  ['want', A],
  ['send', 0],
  ['snapshot', 'A-USD'],
  ['ack', A, 0.1],
];

/** Steps, what they send, and when something may be due next, in seconds (`never`: not without news). */
const TABLE: Readonly<Record<string, readonly [readonly Step[], readonly string[], number | 'never']>> = {
  'nothing wanted': [[['send', 0]], ['-'], 'never'],
  'what is wanted is asked for, one request at a time': [
    [
      ['want', { ...A, ticker: ['A-USD'] }],
      ['send', 0],
      ['send', 0],
    ],
    ['subscribe level2 A-USD', '-'],
    5,
  ],
  'granted, the next follows': [
    [
      ['want', { ...A, ticker: ['A-USD'] }],
      ['send', 0],
      ['snapshot', 'A-USD'],
      ['ack', A, 0.1],
      ['send', 0.1],
    ],
    ['subscribe level2 A-USD', 'subscribe ticker A-USD'],
    5.1,
  ],
  'not answered: asked again': [
    [
      ['want', A],
      ['send', 0],
      ['time', 5],
      ['send', 5],
    ],
    ['subscribe level2 A-USD', 'subscribe level2 A-USD'],
    10,
  ],
  'refused: again after 5 s, then 10': [
    [
      ['want', A],
      ['send', 0],
      ['refused', 0.1],
      ['send', 5],
      ['send', 5.1],
      ['refused', 5.2],
      ['send', 15.1],
      ['send', 15.2],
    ],
    ['subscribe level2 A-USD', '-', 'subscribe level2 A-USD', '-', 'subscribe level2 A-USD'],
    20.2,
  ],
  'refused and left out at once is one refusal': [
    [
      ['want', A],
      ['send', 0],
      ['refused', 0.1],
      ['ack', {}, 0.2],
      ['send', 5.1],
    ],
    ['subscribe level2 A-USD', 'subscribe level2 A-USD'],
    10.1,
  ],
  'left out: asked again': [
    [
      ['want', A],
      ['send', 0],
      ['ack', {}, 0.1],
      ['send', 5.1],
    ],
    ['subscribe level2 A-USD', 'subscribe level2 A-USD'],
    10.1,
  ],
  'granted without a snapshot: repaired after 5 s': [
    [
      ['want', A],
      ['send', 0],
      ['ack', A, 0.1],
      ['time', 5.1],
      ['send', 5.1],
    ],
    ['subscribe level2 A-USD', 'repair level2 A-USD'],
    10.1,
  ],
  'left out, then granted without a snapshot: repaired too': [
    [
      ['want', A],
      ['send', 0],
      ['ack', {}, 0.1],
      ['send', 5.1],
      ['ack', A, 5.2],
      ['time', 10.2],
      ['send', 10.2],
    ],
    ['subscribe level2 A-USD', 'subscribe level2 A-USD', 'repair level2 A-USD'],
    15.2,
  ],
  'a right book that is left out is asked for and not repaired': [
    [...RIGHT, ['ack', {}, 1], ['send', 6], ['ack', A, 6.1], ['time', 60], ['send', 60]],
    ['subscribe level2 A-USD', 'subscribe level2 A-USD', '-'],
    'never',
  ],
  'a gap: repaired, and subscribed again': [
    [...RIGHT, ['gap', 1], ['send', 1], ['ack', {}, 1.1], ['send', 1.1]],
    ['subscribe level2 A-USD', 'repair level2 A-USD', 'subscribe level2 A-USD'],
    6.1,
  ],
  'a repair acknowledged with the set as it is comes again after 5 s': [
    [
      ...RIGHT,
      ['refresh', 'A-USD'],
      ['send', 1],
      ['ack', A, 1.1],
      ['time', 6],
      ['send', 6],
      ['time', 6.1],
      ['send', 6.1],
    ],
    ['subscribe level2 A-USD', 'repair level2 A-USD', '-', 'repair level2 A-USD'],
    11.1,
  ],
  'a repair that was refused comes again': [
    [...RIGHT, ['refresh', 'A-USD'], ['send', 1], ['refused', 1.1], ['send', 6.1]],
    ['subscribe level2 A-USD', 'repair level2 A-USD', 'repair level2 A-USD'],
    11.1,
  ],
  'a repair that nobody answered comes again': [
    [...RIGHT, ['refresh', 'A-USD'], ['send', 1], ['time', 6], ['send', 6]],
    ['subscribe level2 A-USD', 'repair level2 A-USD', 'repair level2 A-USD'],
    11,
  ],
  'a repair survives unsubscribe and subscribe within one tick': [
    [...RIGHT, ['refresh', 'A-USD'], ['want', {}], ['want', A], ['send', 1]],
    ['subscribe level2 A-USD', 'repair level2 A-USD'],
    6,
  ],
  'unsubscribe and subscribe within one tick send nothing': [
    [...RIGHT, ['want', {}], ['want', A], ['send', 1]],
    ['subscribe level2 A-USD', '-'],
    'never',
  ],
  'wanted again before the end was acknowledged with the set as it is: repaired': [
    [...RIGHT, ['want', {}], ['send', 1], ['want', A], ['ack', A, 1.1], ['time', 6.1], ['send', 6.1]],
    ['subscribe level2 A-USD', 'unsubscribe level2 A-USD', 'repair level2 A-USD'],
    11.1,
  ],
  'an end that is not carried out is asked for again after 5 s': [
    [...RIGHT, ['want', {}], ['send', 1], ['ack', A, 1.1], ['send', 1.1], ['send', 6.1]],
    ['subscribe level2 A-USD', 'unsubscribe level2 A-USD', '-', 'unsubscribe level2 A-USD'],
    11.1,
  ],
  'what was never asked for is not asked to end': [
    [...RIGHT, ['ack', { level2: ['A-USD', 'X-USD'], user: [] }, 1], ['send', 1]],
    ['subscribe level2 A-USD', '-'],
    'never',
  ],
  'an alias is its own product': [
    [
      ['want', { level2: ['A-USDC'] }],
      ['send', 0],
      ['snapshot', 'A-USD'],
      ['ack', A, 0.1],
      ['send', 1],
    ],
    ['subscribe level2 A-USDC', '-'],
    'never',
  ],
  'other channels are asked for once more after a gap': [
    [
      ['want', { ticker: ['A-USD'] }],
      ['send', 0],
      ['gap', 0.1],
      ['send', 0.1],
    ],
    ['subscribe ticker A-USD', 'subscribe ticker A-USD'],
    5.1,
  ],
  'a second gap goes on with the repair that is under way': [
    [...RIGHT, ['gap', 1], ['send', 1], ['gap', 1.1], ['send', 1.1], ['send', 2.1]],
    ['subscribe level2 A-USD', 'repair level2 A-USD', 'subscribe level2 A-USD', '-'],
    6.1,
  ],
  'time we did not listen is not counted': [
    [
      ['want', A],
      ['send', 0],
      ['excuse', 20, 20],
      ['time', 24.9],
      ['send', 24.9],
    ],
    ['subscribe level2 A-USD', '-'],
    25,
  ],
  'a request sent while we did not listen has its whole time, not more': [
    [
      ['want', A],
      ['send', 19],
      ['excuse', 20, 20],
      ['time', 25],
      ['send', 25],
    ],
    ['subscribe level2 A-USD', 'subscribe level2 A-USD'],
    30,
  ],
  'the end of one product leaves the other': [
    [
      ['want', AB],
      ['send', 0],
      ['snapshot', 'A-USD'],
      ['snapshot', 'B-USD'],
      ['ack', AB, 0.1],
      ['want', A],
      ['send', 1],
      ['ack', A, 1.1],
      ['send', 1.1],
    ],
    ['subscribe level2 A-USD,B-USD', 'unsubscribe level2 B-USD', '-'],
    'never',
  ],
};

test.for(Object.entries(TABLE))('subscription state: %s', ([, [steps, sent, next]]) => {
  const outcome = run(steps);
  expect(outcome.sent).toEqual(sent);
  const now =
    Math.max(0, ...steps.flatMap((step) => step.filter((each) => typeof each === 'number'))) * 1_000;
  const at = subscriptionDeadline(outcome.state, now);
  expect(at === Infinity ? 'never' : at / 1_000).toBe(next);
});

const ignored = (from: number): readonly Step[] => [
  ['send', from],
  ['time', from + 5],
];

test('three consecutive timeouts make a connection unresponsive; an answer between them does not', () => {
  expect(run([['want', A], ...ignored(0), ...ignored(5)]).deaf).toBe(false);
  expect(run([['want', A], ...ignored(0), ...ignored(5), ...ignored(10)]).deaf).toBe(true);
  expect(
    run([['want', A], ...ignored(0), ...ignored(5), ['ack', {}, 10], ['send', 16], ['time', 21]]).deaf,
  ).toBe(false);
});

const FRESH: Readonly<Record<string, readonly [(freshness: BookFreshness) => unknown, unknown]>> = {
  'a first snapshot is no recovery': [(all) => all.markFresh('A'), false],
  'a snapshot after a loss is one': [
    (all) => (all.markFresh('A'), all.markAllStale(), all.markFresh('A')),
    true,
  ],
  'lost once is news, twice is none': [
    (all) => (all.markFresh('A'), [all.markAllStale(), all.markAllStale()]),
    [['A'], []],
  ],
  'what is not known can not be lost': [(all) => all.markStale(['A']), []],
  'silence heals what it alone made stale': [
    (all) => (
      all.markFresh('A'),
      all.markFresh('B'),
      all.startSilence(),
      all.markStale(['B']),
      all.endSilence()
    ),
    ['A'],
  ],
  'forgotten, right or not, is named': [
    (all) => (all.markFresh('A'), all.markFresh('B'), all.markStale(['B']), all.retain(() => false)),
    ['A', 'B'],
  ],
  'forgotten is unknown': [
    (all) => (all.markFresh('A'), all.retain(() => false), [all.markFresh('A'), all.anyStale]),
    [false, false],
  ],
  'stale is awaited': [(all) => (all.markFresh('A'), all.markAllStale(), all.anyStale), true],
};

test.for(Object.entries(FRESH))('freshness: %s', ([, [act, expected]]) => {
  expect(act(new BookFreshness())).toEqual(expected);
});

import { expect, test } from 'vitest';
import { hasEnded, initialState, step } from '#node/write/write-state';
import type { Step, WriteState } from '#node/write/write-state';
import type { Effect, Facts, FailureKind, LoopEvent } from '#node/write/write-effects';

const quiet: Facts = {
  now: 0,
  front: 'nothing',
  begun: true,
  first: false,
  unsynced: false,
  unstated: false,
  fsync: 'interval',
};
const error = new Error('of a test');

/** One line of a table: what happens, what is seen then, and what the loop starts. */
type Line = readonly [
  event: LoopEvent | FailureKind | 'done',
  seen: Partial<Facts>,
  effect: Effect | undefined,
];

const queued: LoopEvent = { kind: 'queued' };
const sync: LoopEvent = { kind: 'sync' };
const finish: LoopEvent = { kind: 'finish', why: 'close' };

function eventOf(event: Line[0]): LoopEvent {
  if (typeof event === 'object') return event;
  return event === 'done' ? { kind: 'done' } : { kind: 'failed', failure: event, error };
}

/** Plays a table and returns every step. */
function play(lines: readonly Line[], from: WriteState = initialState): readonly Step[] {
  const steps: Step[] = [];
  let state = from;
  for (const [number, [event, seen, effect]] of lines.entries()) {
    const taken = step(state, eventOf(event), { ...quiet, ...seen });
    expect(taken.effect, `line ${number + 1}`).toEqual(effect);
    steps.push(taken);
    ({ state } = taken);
  }
  return steps;
}

const write: Effect = { kind: 'write' };
const checkpoint: Effect = { kind: 'checkpoint' };
const probe: Effect = { kind: 'probe' };
const discard: Effect = { kind: 'discard' };
const release: Effect = { kind: 'release' };
const settle: Effect = { kind: 'settle' };
const abandon: Effect = { kind: 'abandon' };
const rotate: Effect = { kind: 'open', why: 'rotate', rotate: true };
const replace = (why: string): Effect => ({ kind: 'open', why, rotate: false });
const seal = (why: string): Effect => ({ kind: 'seal', why });
const wait = (ms: number): Effect => ({ kind: 'wait', ms });
const resume: Effect = { kind: 'state-drops', why: 'disk_full', resume: true };
const state = (why: 'disk_full' | 'backpressure'): Effect => ({ kind: 'state-drops', why, resume: false });
const blocks = { front: 'blocks' } as const;
const rotation = { front: 'rotation' } as const;

const tables: readonly (readonly [what: string, lines: readonly Line[]])[] = [
  [
    'writes while blocks wait',
    [
      [queued, blocks, write],
      [queued, blocks, undefined],
      ['done', blocks, write],
      ['done', {}, undefined],
    ],
  ],
  [
    'makes durable what is queued, not only what is written',
    [
      [sync, { ...blocks, unsynced: true }, write],
      ['done', { unsynced: true }, checkpoint],
      ['done', {}, undefined],
    ],
  ],
  [
    'syncs at once when nothing waits, and not when nothing is new',
    [
      [sync, { unsynced: true }, checkpoint],
      ['done', {}, undefined],
      [sync, {}, undefined],
      [queued, blocks, write],
      ['done', { unsynced: true }, undefined],
    ],
  ],
  [
    'syncs after each write when it always does',
    [
      [queued, { ...blocks, fsync: 'always' }, write],
      ['done', { unsynced: true, fsync: 'always' }, checkpoint],
      ['done', { fsync: 'always' }, undefined],
    ],
  ],
  [
    'makes a segment durable before its successor exists',
    [
      [queued, { ...rotation, unsynced: true }, checkpoint],
      ['done', rotation, rotate],
      ['done', {}, undefined],
    ],
  ],
  [
    'does not where nothing is',
    [
      [queued, { ...rotation, unsynced: true, fsync: 'never' }, rotate],
      ['done', {}, undefined],
    ],
  ],
  [
    'continues in another segment after a failed write',
    [
      [queued, blocks, write],
      ['other', blocks, replace('io')],
      ['done', blocks, write],
    ],
  ],
  [
    'says in the end that an fsync failed',
    [
      [sync, { unsynced: true }, checkpoint],
      ['fsync', {}, replace('fsync')],
      ['done', {}, undefined],
    ],
  ],
  [
    'an fsync that fails before the successor exists shows in the end as well',
    [
      [queued, rotation, rotate],
      ['fsync', rotation, { kind: 'open', why: 'fsync', rotate: true }],
    ],
  ],
  [
    'the last word goes into another segment when the open one may not grow',
    [
      [finish, {}, discard],
      ['done', {}, release],
      ['done', { unstated: true }, state('backpressure')],
      ['too-large', { unstated: true }, replace('io')],
      ['done', { unstated: true, begun: false }, state('backpressure')],
      ['done', {}, seal('close')],
      ['done', {}, settle],
      ['done', {}, undefined],
    ],
  ],
  [
    'and stays unsaid when there is no room for another',
    [
      [finish, {}, discard],
      ['done', {}, release],
      ['done', { unstated: true }, state('backpressure')],
      ['too-large', { unstated: true }, replace('io')],
      ['full', { unstated: true }, abandon],
      ['done', { unstated: true }, settle],
      ['done', { unstated: true }, undefined],
    ],
  ],
  [
    'a file that may not grow costs a segment and is no failure',
    [
      [queued, blocks, write],
      ['too-large', blocks, replace('io')],
      ['done', blocks, write],
      ['other', blocks, replace('io')],
    ],
  ],
  [
    'tries five times to open a segment, then once more, then ends',
    [
      [queued, rotation, rotate],
      ...Array.from(
        { length: 8 },
        () =>
          [
            ['other', rotation, wait(100)],
            ['done', rotation, rotate],
          ] as const,
      ).flat(),
      ['other', rotation, wait(100)],
      ['done', rotation, rotate],
      ['other', { ...rotation, now: 1000 }, discard],
      ['done', {}, undefined],
    ],
  ],
  [
    'waits for room with the last segment open, states what was dropped, and goes on',
    [
      [queued, blocks, write],
      ['full', blocks, probe],
      ['full', blocks, wait(500)],
      [queued, blocks, undefined],
      ['done', blocks, probe],
      ['done', blocks, replace('disk_full')],
      ['done', { ...blocks, begun: false }, resume],
      ['done', blocks, write],
    ],
  ],
  [
    'does not open another segment where only the header stands',
    [
      [queued, blocks, write],
      ['full', { ...blocks, begun: false }, probe],
      ['done', { ...blocks, begun: false }, resume],
      ['done', blocks, write],
    ],
  ],
  [
    'looks for room again when it was not enough for the next segment',
    [
      [queued, blocks, write],
      ['full', blocks, probe],
      ['done', blocks, replace('disk_full')],
      ['full', blocks, wait(500)],
      ['done', blocks, probe],
    ],
  ],
  [
    'looks for room again when it was not enough for the statement',
    [
      [queued, blocks, write],
      ['full', blocks, probe],
      ['done', blocks, replace('disk_full')],
      ['done', { begun: false }, resume],
      ['full', {}, wait(500)],
      ['done', {}, probe],
      ['done', {}, replace('disk_full')],
    ],
  ],
  [
    'a rotation that meets a full disk is a rotation when there is room',
    [
      [queued, rotation, rotate],
      ['full', rotation, probe],
      ['done', rotation, rotate],
      ['done', { begun: false }, resume],
    ],
  ],
  [
    'a full disk does not hide that an fsync failed',
    [
      [sync, { unsynced: true }, checkpoint],
      ['fsync', {}, replace('fsync')],
      ['full', {}, probe],
      [finish, {}, undefined],
      ['full', {}, discard],
      ['done', {}, release],
      ['done', {}, seal('fsync')],
    ],
  ],
  [
    'ends by writing everything',
    [
      [queued, blocks, write],
      [finish, blocks, undefined],
      ['done', blocks, write],
      ['done', {}, discard],
      ['done', {}, release],
      ['done', {}, seal('close')],
      ['done', {}, settle],
      ['done', {}, undefined],
    ],
  ],
  [
    'leaves nothing of a run in which nothing was recorded',
    [
      [finish, { first: true, begun: false }, discard],
      ['done', { first: true, begun: false }, release],
      ['done', { first: true, begun: false }, { kind: 'remove' }],
      ['done', {}, settle],
    ],
  ],
  [
    'states what was dropped last',
    [
      [finish, { unstated: true }, discard],
      ['done', { unstated: true }, release],
      ['done', { unstated: true }, state('backpressure')],
      ['done', {}, seal('close')],
    ],
  ],
  [
    'ends on a full disk in the space kept aside',
    [
      [queued, blocks, write],
      ['full', blocks, probe],
      [finish, blocks, undefined],
      ['full', blocks, discard],
      ['done', { unstated: true }, release],
      ['done', { unstated: true }, state('disk_full')],
      ['done', {}, seal('disk_full')],
      ['done', {}, settle],
    ],
  ],
  [
    'leaves a segment unsealed that cannot say what is missing',
    [
      [queued, blocks, write],
      ['full', blocks, probe],
      [finish, blocks, undefined],
      ['full', blocks, discard],
      ['done', { unstated: true }, release],
      ['done', { unstated: true }, state('disk_full')],
      ['full', { unstated: true }, abandon],
      ['done', { unstated: true }, settle],
    ],
  ],
  [
    'leaves a segment unsealed that has what looks like a successor',
    [
      [finish, {}, discard],
      ['done', {}, release],
      ['done', {}, seal('close')],
      ['other', {}, abandon],
      ['done', {}, settle],
    ],
  ],
  [
    'a recording that failed says at its end what was dropped',
    [
      [queued, blocks, write],
      ['other', blocks, replace('io')],
      ['done', blocks, write],
      ['other', blocks, discard],
      ['done', {}, undefined],
      [queued, {}, undefined],
      [finish, { unstated: true }, discard],
      ['done', { unstated: true }, release],
      ['done', { unstated: true }, state('backpressure')],
      ['done', {}, seal('io')],
    ],
  ],
  [
    'writes nothing, and removes nothing, once the folder is another writer’s',
    [
      [queued, blocks, write],
      ['lost', blocks, discard],
      ['done', {}, undefined],
      [sync, { unsynced: true }, undefined],
      [finish, { unstated: true }, discard],
      ['done', { unstated: true }, abandon],
      ['done', {}, settle],
      ['done', {}, undefined],
    ],
  ],
  [
    'is told so in the middle of a write',
    [
      [queued, blocks, write],
      [{ kind: 'lost', error }, blocks, undefined],
      ['done', blocks, discard],
      ['done', {}, undefined],
    ],
  ],
  [
    'finds it out at the very end',
    [
      [finish, {}, discard],
      ['done', {}, release],
      ['done', {}, seal('close')],
      ['lost', {}, discard],
      ['done', {}, abandon],
      ['done', {}, settle],
    ],
  ],
];

test.for(tables)('%s', ([, lines]) => {
  expect(play(lines)).toHaveLength(lines.length);
});

/** A write fails, and another one at this time. */
const failAgain = (now: number): readonly Step[] =>
  play([
    [queued, blocks, write],
    ['other', blocks, replace('io')],
    ['done', blocks, write],
    ['other', { ...blocks, now }, now < 60_000 ? discard : replace('io')],
  ]);

test('a second failure within a minute ends the recording; a later one does not', () => {
  expect(failAgain(59_999).at(-1)).toMatchObject({
    state: { mode: 'failed' },
    notice: { kind: 'failed', error },
  });
  expect(failAgain(60_000).at(-1)).toMatchObject({
    state: { mode: 'recording' },
    notice: { kind: 'io-error' },
  });
});

test('a full disk is told once, and each failure that is tolerated', () => {
  const steps = play([
    [queued, blocks, write],
    ['full', blocks, probe],
    ['other', blocks, wait(500)],
    ['done', blocks, probe],
    ['done', blocks, replace('disk_full')],
    ['full', blocks, wait(500)],
  ]);
  expect(steps.flatMap(({ notice }) => notice?.kind ?? [])).toEqual(['disk-full', 'io-error']);
  expect(steps.map(({ state: { mode } }) => mode).slice(1)).toEqual(
    Array.from({ length: 5 }, () => 'disk-full'),
  );
});

test('after any order of events, a requested end is reached', () => {
  const failures: readonly FailureKind[] = ['full', 'too-large', 'fsync', 'lost', 'other'];
  for (let seed = 1; seed <= 5_000; seed += 1) {
    let random = seed;
    const below = (limit: number): number => {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((random / 2 ** 32) * limit);
    };
    let current = initialState;
    let now = 0;
    let left = below(20);
    const happen = (event: LoopEvent): void => {
      now += below(3) === 0 ? 30_000 : 1;
      const front = left === 0 ? 'nothing' : below(4) === 0 ? 'rotation' : 'blocks';
      const yes = (): boolean => below(2) === 0;
      const facts: Facts = {
        now,
        front,
        begun: yes(),
        first: yes(),
        unsynced: yes(),
        unstated: yes(),
        fsync: 'interval',
      };
      current = step(current, event, facts).state;
    };
    for (let n = 0; n < 200 && !hasEnded(current); n += 1) {
      const { pending } = current;
      if (pending?.kind === 'discard') left = 0;
      if (pending?.kind === 'write' && left > 0) left -= 1;
      // From the middle on no call fails any more, and nothing new comes.
      if (n === 100) happen(finish);
      else if (pending === undefined) happen(below(3) === 0 && n < 100 ? sync : queued);
      else if (n < 100 && below(3) === 0)
        happen({ kind: 'failed', failure: failures[below(5)] ?? 'other', error });
      else happen({ kind: 'done' });
      if (n > 100 && pending?.kind === 'open') left = Math.max(0, left - 1);
    }
    expect(hasEnded(current), `seed ${seed} does not end: ${JSON.stringify(current)}`).toBe(true);
  }
});

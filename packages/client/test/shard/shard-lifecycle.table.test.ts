import { defaultBackoff, defaultTimeouts, type TransportFailure } from '@feedtape/client';
import { expect, test } from 'vitest';
import { shardDeadline, stepShard } from '#shard/shard-lifecycle';
import type { ShardContext, ShardInput, ShardPhase } from '#shard/shard-phase';

const NOW = 100_000;
const context: ShardContext = {
  now: NOW,
  random: 0.5,
  timeouts: defaultTimeouts,
  backoff: defaultBackoff,
  openableAt: -Infinity,
  lastFrameAt: NOW,
  data: true,
  bytes: 0,
  paused: false,
  hasWorked: false,
  maxAttempts: Infinity,
};
const idle: ShardPhase = { kind: 'idle' };
const waiting: ShardPhase = { kind: 'waiting', attempt: 2, retryAt: NOW };
const opening: ShardPhase = { kind: 'opening', attempt: 2, deadline: NOW + 6_000 };
const open: ShardPhase = {
  kind: 'open',
  attempt: 2,
  openedAt: NOW - 70_000,
  stale: false,
  progress: { at: NOW, bytes: 0 },
};
const young: ShardPhase = { ...open, openedAt: NOW - 1_000 };
const stale: ShardPhase = { ...open, stale: true };
const closing: ShardPhase = { kind: 'closing', deadline: NOW + 2_000 };
const stopped: ShardPhase = { kind: 'stopped' };
const PHASES = [idle, waiting, opening, open, closing, stopped];

const status = (code: number): TransportFailure => ({
  code: `HTTP_${code}`,
  status: code,
  message: 'refused',
});
const closed = (code: number): ShardInput => ({ kind: 'closed', code, reason: '' });
const tick: ShardInput = { kind: 'tick' };

interface Row {
  readonly from: ShardPhase;
  readonly input: ShardInput;
  readonly given?: Partial<ShardContext>;
  readonly to: ShardPhase['kind'];
  /** Kinds of the effects, in order. */
  readonly effects?: readonly string[];
  readonly attempt?: number;
}

const TABLE: Readonly<Record<string, Row>> = {
  'wanted, an idle link dials at once': {
    from: idle,
    input: { kind: 'start' },
    to: 'opening',
    effects: ['open-socket'],
    attempt: 0,
  },
  'wanted, but not allowed to dial yet': {
    from: idle,
    input: { kind: 'start' },
    given: { openableAt: NOW + 1 },
    to: 'waiting',
  },
  'a wait that is not over': { from: { ...waiting, retryAt: NOW + 1 }, input: tick, to: 'waiting' },
  'a wait that is over': { from: waiting, input: tick, to: 'opening', effects: ['open-socket'], attempt: 2 },
  'a handshake that succeeds': { from: opening, input: { kind: 'opened' }, to: 'open', attempt: 2 },
  'a handshake without an answer': {
    from: opening,
    input: tick,
    given: { now: NOW + 6_000 },
    to: 'waiting',
    effects: ['terminate-socket', 'ended'],
    attempt: 3,
  },
  'a handshake with time left': { from: opening, input: tick, given: { now: NOW + 5_999 }, to: 'opening' },
  'a reason is kept until the end': {
    from: opening,
    input: { kind: 'failed', failure: status(503) },
    to: 'opening',
  },
  'refused with 404, never open before': {
    from: { ...opening, failure: status(404) },
    input: closed(1006),
    to: 'stopped',
    effects: ['ended'],
  },
  'refused with 404, worked before': {
    from: { ...opening, failure: status(404) },
    input: closed(1006),
    given: { hasWorked: true },
    to: 'waiting',
    effects: ['ended'],
    attempt: 3,
  },
  'the last attempt': {
    from: opening,
    input: closed(1006),
    given: { maxAttempts: 3 },
    to: 'stopped',
    effects: ['ended'],
  },
  'the last but one': {
    from: opening,
    input: closed(1006),
    given: { maxAttempts: 4 },
    to: 'waiting',
    effects: ['ended'],
    attempt: 3,
  },
  'closed after a healthy minute': {
    from: open,
    input: closed(1006),
    to: 'waiting',
    effects: ['ended'],
    attempt: 1,
  },
  'closed after a minute without data': {
    from: open,
    input: closed(1006),
    given: { data: false },
    to: 'waiting',
    effects: ['ended'],
    attempt: 3,
  },
  'closed soon': { from: young, input: closed(1006), to: 'waiting', effects: ['ended'], attempt: 3 },
  'given up for a new one': {
    from: open,
    input: { kind: 'abandon', reason: 'x' },
    to: 'waiting',
    effects: ['terminate-socket', 'ended'],
    attempt: 1,
  },
  'let go': { from: open, input: { kind: 'stop' }, to: 'closing', effects: ['close-socket'] },
  'let go before it was open': {
    from: opening,
    input: { kind: 'stop' },
    to: 'idle',
    effects: ['terminate-socket', 'ended'],
  },
  'let go while it waits': { from: waiting, input: { kind: 'stop' }, to: 'idle' },
  'closed as asked': { from: closing, input: closed(1000), to: 'idle', effects: ['ended'] },
  'not closed in time': {
    from: closing,
    input: tick,
    given: { now: NOW + 2_000 },
    to: 'idle',
    effects: ['terminate-socket', 'ended'],
  },
  'wanted again while it closes': { from: closing, input: { kind: 'start' }, to: 'closing' },
  'silent for less than staleMs': {
    from: open,
    input: tick,
    given: { lastFrameAt: NOW - 2_399 },
    to: 'open',
  },
  'silent for staleMs': {
    from: open,
    input: tick,
    given: { lastFrameAt: NOW - 2_400 },
    to: 'open',
    effects: ['went-stale'],
  },
  'silent for silenceMs': {
    from: { ...stale, progress: { at: NOW - 3_600, bytes: 0 } },
    input: tick,
    given: { lastFrameAt: NOW - 6_000 },
    to: 'waiting',
    effects: ['terminate-socket', 'ended'],
    attempt: 1,
  },
  'silent, but bytes of a large frame come': {
    from: { ...stale, progress: { at: NOW - 3_600, bytes: 0 } },
    input: tick,
    given: { lastFrameAt: NOW - 6_000, bytes: 1_024 },
    to: 'open',
  },
  'silent, and too few bytes come': {
    from: { ...stale, progress: { at: NOW - 3_600, bytes: 0 } },
    input: tick,
    given: { lastFrameAt: NOW - 6_000, bytes: 1_023 },
    to: 'waiting',
    effects: ['terminate-socket', 'ended'],
    attempt: 1,
  },
  'silent because we hold it back': {
    from: open,
    input: tick,
    given: { lastFrameAt: NOW - 60_000, paused: true },
    to: 'open',
  },
};

test.for(Object.entries(TABLE))('shard: %s', ([, { from, input, given, to, effects = [], attempt }]) => {
  const step = stepShard(from, input, { ...context, ...given });
  expect(step.phase.kind).toBe(to);
  expect(step.effects.map(({ kind }) => kind)).toEqual(effects);
  expect('attempt' in step.phase ? step.phase.attempt : undefined).toBe(
    attempt ?? ('attempt' in step.phase ? ('attempt' in from ? from.attempt : 0) : undefined),
  );
});

/** Whatever comes at the wrong time changes nothing. */
const IGNORED: readonly (readonly [ShardInput, readonly ShardPhase['kind'][]])[] = [
  [{ kind: 'start' }, ['waiting', 'opening', 'open', 'closing', 'stopped']],
  [{ kind: 'stop' }, ['idle', 'closing', 'stopped']],
  [{ kind: 'opened' }, ['idle', 'waiting', 'open', 'closing', 'stopped']],
  [{ kind: 'failed', failure: status(500) }, ['idle', 'waiting', 'closing', 'stopped']],
  [closed(1006), ['idle', 'waiting', 'stopped']],
  [{ kind: 'abandon', reason: 'x' }, ['idle', 'waiting', 'opening', 'closing', 'stopped']],
  [{ kind: 'stalled', ms: 5_000 }, ['idle', 'waiting', 'open', 'stopped']],
  [tick, ['idle', 'stopped']],
];

test.for(
  IGNORED.flatMap(([input, kinds]) =>
    PHASES.filter(({ kind }) => kinds.includes(kind)).map(
      (phase) => [input.kind, phase.kind, input, phase] as const,
    ),
  ),
)('link: %s is ignored while %s', ([, , input, phase]) => {
  expect(stepShard(phase, input, context)).toEqual({ phase, effects: [] });
});

test.for([
  ['idle', idle, {}, Infinity],
  ['stopped', stopped, {}, Infinity],
  ['waiting', waiting, {}, NOW],
  ['waiting for permission', waiting, { openableAt: NOW + 7 }, NOW + 7],
  ['opening', opening, {}, NOW + 6_000],
  ['closing', closing, {}, NOW + 2_000],
  ['open', open, {}, NOW + 2_400],
  ['open and held back', open, { paused: true }, Infinity],
  ['stale', stale, {}, NOW + 6_000],
] as const)('shard: the next deadline of one that is %s', ([, phase, given, at]) => {
  expect(shardDeadline(phase, { ...context, ...given })).toBe(at);
});

test.for([
  ['opening', { ...opening, deadline: NOW - 1_000 }, 20_000, NOW + 6_000],
  ['opening', { ...opening, deadline: NOW - 1_000 }, 2_000, NOW + 1_000],
  ['closing', { ...closing, deadline: NOW - 1_000 }, 20_000, NOW + 2_000],
] as const)(
  'link: after a stall, one that is %s waits on, never longer than a whole wait',
  ([, phase, ms, at]) => {
    expect(stepShard(phase, { kind: 'stalled', ms }, context)).toEqual({
      phase: { ...phase, deadline: at },
      effects: [],
    });
  },
);

// The lifecycle of a shard's connections as a pure state machine: opens no socket and reads no clock.
import type { Instant } from '../model/clock.ts';
import { ABANDONED, STOPPED, type ConnectionEnd, retryDelayMs, retryRuleFor } from './retry-policy.ts';
import type { ShardContext, ShardEffect, ShardInput, ShardPhase, ShardStep } from './shard-phase.ts';

/** A message so slow that even this many bytes do not come while we wait is not coming. */
const PROGRESS_BYTES = 1_024;

export const idle: ShardPhase = { kind: 'idle' };
const stay = (phase: ShardPhase): ShardStep => ({ phase, effects: [] });

/** Returns the next phase of a shard and the effects to perform. */
export function stepShard(phase: ShardPhase, input: ShardInput, context: ShardContext): ShardStep {
  switch (input.kind) {
    case 'start':
      return phase.kind === 'idle'
        ? openWhenAllowed({ kind: 'waiting', attempt: 0, retryAt: context.now }, context)
        : stay(phase);
    case 'stop':
      return stop(phase, context);
    case 'opened':
      return phase.kind === 'opening' ? stay(opened(phase.attempt, context)) : stay(phase);
    case 'failed':
      return phase.kind === 'opening' || phase.kind === 'open'
        ? stay({ ...phase, failure: phase.failure ?? input.failure })
        : stay(phase);
    case 'closed':
      return closed(phase, input, context);
    case 'abandon':
      return abandon(phase, input.reason, context);
    case 'stalled':
      return stay(extendDeadline(phase, input.ms, context));
    case 'tick':
      return tick(phase, context);
  }
}

/** When to call {@link stepShard} with a tick if nothing else happens. */
export function shardDeadline(phase: ShardPhase, context: ShardContext): Instant {
  switch (phase.kind) {
    case 'waiting':
      return Math.max(phase.retryAt, context.openableAt);
    case 'opening':
    case 'closing':
      return phase.deadline;
    case 'open':
      return context.paused ? Infinity : idleDeadline(phase, context);
    case 'idle':
    case 'stopped':
      return Infinity;
  }
}

type Open = Extract<ShardPhase, { kind: 'open' }>;

const idleDeadline = (phase: Open, { lastFrameAt, timeouts }: ShardContext): Instant =>
  phase.stale
    ? Math.max(lastFrameAt + timeouts.silenceMs, phase.progress.at + timeouts.silenceMs - timeouts.staleMs)
    : lastFrameAt + timeouts.staleMs;

const opened = (attempt: number, { now, bytes }: ShardContext): ShardPhase => ({
  kind: 'open',
  attempt,
  openedAt: now,
  stale: false,
  progress: { at: now, bytes },
});

function extendDeadline(phase: ShardPhase, ms: number, { now, timeouts }: ShardContext): ShardPhase {
  switch (phase.kind) {
    case 'opening':
      return { ...phase, deadline: Math.min(phase.deadline + ms, now + timeouts.openMs) };
    case 'closing':
      return { ...phase, deadline: Math.min(phase.deadline + ms, now + timeouts.closeMs) };
    case 'open':
    case 'waiting':
    case 'idle':
    case 'stopped':
      return phase;
  }
}

function tick(phase: ShardPhase, context: ShardContext): ShardStep {
  const { now } = context;
  switch (phase.kind) {
    case 'waiting':
      return openWhenAllowed(phase, context);
    case 'opening':
      return now >= phase.deadline
        ? endedByUs(phase, 'no answer to the handshake', 'HANDSHAKE_TIMEOUT', context)
        : stay(phase);
    case 'closing':
      return now >= phase.deadline
        ? { phase: idle, effects: [{ kind: 'terminate-socket' }, closedByUs(1006)] }
        : stay(phase);
    case 'open':
      return checkIdle(phase, context);
    case 'idle':
    case 'stopped':
      return stay(phase);
  }
}

function openWhenAllowed(phase: Extract<ShardPhase, { kind: 'waiting' }>, context: ShardContext): ShardStep {
  const { now, timeouts, openableAt } = context;
  if (now < phase.retryAt || now < openableAt) return stay(phase);
  return {
    phase: { kind: 'opening', attempt: phase.attempt, deadline: now + timeouts.openMs },
    effects: [{ kind: 'open-socket', attempt: phase.attempt }],
  };
}

/** The watchdog: fed by any frame, and by the bytes of a frame too large to be complete yet. */
function checkIdle(phase: Open, context: ShardContext): ShardStep {
  const { now, lastFrameAt, timeouts, paused, bytes } = context;
  if (paused || now < idleDeadline({ ...phase, stale: false }, context))
    return stay({ ...phase, stale: false });
  if (!phase.stale) {
    return {
      phase: { ...phase, stale: true, progress: { at: now, bytes } },
      effects: [{ kind: 'went-stale' }],
    };
  }
  if (now < idleDeadline(phase, context)) return stay(phase);
  if (bytes - phase.progress.bytes >= PROGRESS_BYTES) return stay({ ...phase, progress: { at: now, bytes } });
  const reason = `no frame for ${Math.round(now - lastFrameAt)} ms (limit ${timeouts.silenceMs} ms)`;
  return endedByUs(phase, reason, 'SILENT', context);
}

function stop(phase: ShardPhase, context: ShardContext): ShardStep {
  switch (phase.kind) {
    case 'open':
      return {
        phase: { kind: 'closing', deadline: context.now + context.timeouts.closeMs },
        effects: [{ kind: 'close-socket' }],
      };
    case 'opening':
      return { phase: idle, effects: [{ kind: 'terminate-socket' }, stoppedEarly] };
    case 'waiting':
      return stay(idle);
    case 'idle':
    case 'closing':
    case 'stopped':
      return stay(phase);
  }
}

const closedByUs = (code: number): ShardEffect => ({
  kind: 'ended',
  reason: 'closed by us',
  code,
  failure: undefined,
  wasOpen: true,
  action: 'stop',
});

const stoppedEarly: ShardEffect = {
  kind: 'ended',
  reason: 'let go before it was open',
  code: 1006,
  failure: { code: STOPPED, message: 'let go before it was open' },
  wasOpen: false,
  action: 'stop',
};

function closed(
  phase: ShardPhase,
  { code, reason }: { readonly code: number; readonly reason: string },
  context: ShardContext,
): ShardStep {
  switch (phase.kind) {
    case 'closing':
      return { phase: idle, effects: [closedByUs(code)] };
    case 'opening':
    case 'open':
      return ended(phase, { code, reason, failure: phase.failure }, context);
    case 'idle':
    case 'waiting':
    case 'stopped':
      return stay(phase);
  }
}

function abandon(phase: ShardPhase, reason: string, context: ShardContext): ShardStep {
  if (phase.kind !== 'open') return stay(phase);
  return endedByUs(phase, reason, ABANDONED, context);
}

type Live = Extract<ShardPhase, { kind: 'opening' | 'open' }>;

function endedByUs(phase: Live, reason: string, code: string, context: ShardContext): ShardStep {
  const step = ended(phase, { code: 1006, reason, failure: { code, message: reason } }, context);
  return { phase: step.phase, effects: [{ kind: 'terminate-socket' }, ...step.effects] };
}

function ended(phase: Live, end: ConnectionEnd, context: ShardContext): ShardStep {
  const { now, random, backoff, hasWorked, maxAttempts } = context;
  const healthy = phase.kind === 'open' && context.data && now - phase.openedAt >= backoff.healthyMs;
  const attempt = healthy ? 0 : phase.attempt;
  const given = retryRuleFor(end).action;
  const action = given === 'stop' && hasWorked ? 'retry-slowly' : given;
  const report = {
    kind: 'ended',
    reason: end.failure?.message ?? end.reason,
    code: end.code,
    failure: end.failure,
    wasOpen: phase.kind === 'open',
    action,
  } as const;
  if (action === 'stop' || attempt + 1 >= maxAttempts) {
    return { phase: { kind: 'stopped' }, effects: [{ ...report, action: 'stop' }] };
  }
  const retryInMs = retryDelayMs(end, attempt, random, backoff);
  return {
    phase: { kind: 'waiting', attempt: attempt + 1, retryAt: now + retryInMs },
    effects: [{ ...report, retryInMs }],
  };
}

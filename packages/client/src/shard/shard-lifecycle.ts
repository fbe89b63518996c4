// One place for a connection: its life as phases. Pure: it opens nothing, waits for nothing and reads no clock.
import type { Instant } from '../model/clock.ts';
import { ABANDONED, STOPPED, type Ending, type Remedy, retryDelayMs, rowOf } from './retry-policy.ts';
import type { Patience } from '../model/timeouts.ts';
import type { TransportFailure } from '../transport/transport.ts';

/** Where the life of a link stands. Illegal combinations cannot be written down. */
export type LinkPhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryAt: Instant }
  | {
      readonly kind: 'opening';
      readonly attempt: number;
      readonly deadline: Instant;
      readonly failure?: TransportFailure;
    }
  | {
      readonly kind: 'open';
      readonly attempt: number;
      readonly openedAt: Instant;
      readonly stale: boolean;
      /** Bytes received and when that was last looked at, to tell a slow link from a dead one. */
      readonly progress: { readonly at: Instant; readonly bytes: number };
      readonly failure?: TransportFailure;
    }
  | { readonly kind: 'closing'; readonly deadline: Instant }
  | { readonly kind: 'stopped' };

export type LinkInput =
  | { readonly kind: 'wanted' }
  | { readonly kind: 'unwanted' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'failed'; readonly failure: TransportFailure }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  /** Somebody has a reason to give this socket up for a new one. */
  | { readonly kind: 'abandon'; readonly reason: string }
  /** Our process stood still for `ms` at most: no answer is late because of that. */
  | { readonly kind: 'stalled'; readonly ms: number }
  | { readonly kind: 'tick' };

/** What a step may know about the world. */
export interface LinkContext {
  readonly now: Instant;
  /** A random number in [0, 1). */
  readonly chance: number;
  readonly patience: Patience;
  /** From when a socket may be opened: pace, authentication and a full queue may forbid it. */
  readonly clearedAt: Instant;
  /** When the last frame came, or the socket was opened or resumed. */
  readonly heardAt: Instant;
  /** Whether any frame with data has come over this socket. */
  readonly data: boolean;
  readonly bytes: number;
  /** We hold the peer back ourselves, so silence means nothing. */
  readonly paused: boolean;
  /** A URL that has worked in this feed is never given up for an answer that may pass. */
  readonly proven: boolean;
  /** Failed attempts in a row after which to stop. */
  readonly maxAttempts: number;
}

export type LinkEffect =
  | { readonly kind: 'open-socket'; readonly attempt: number }
  | { readonly kind: 'close-socket' }
  | { readonly kind: 'terminate-socket' }
  | { readonly kind: 'went-stale' }
  | {
      readonly kind: 'ended';
      readonly reason: string;
      readonly code: number;
      readonly failure: TransportFailure | undefined;
      readonly wasOpen: boolean;
      readonly remedy: Remedy;
      /** Absent: this link does not try again. */
      readonly retryInMs?: number;
    };

export interface LinkStep {
  readonly phase: LinkPhase;
  readonly effects: readonly LinkEffect[];
}

/** A message so slow that even this many bytes do not come while we wait is not coming. */
const PROGRESS_BYTES = 1_024;

export const idle: LinkPhase = { kind: 'idle' };
const stay = (phase: LinkPhase): LinkStep => ({ phase, effects: [] });

/** The next phase of a link and what to do on the way. Pure: the same arguments, the same step. */
export function stepLink(phase: LinkPhase, input: LinkInput, context: LinkContext): LinkStep {
  switch (input.kind) {
    case 'wanted':
      return phase.kind === 'idle'
        ? whenCleared({ kind: 'waiting', attempt: 0, retryAt: context.now }, context)
        : stay(phase);
    case 'unwanted':
      return withdraw(phase, context);
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
      return stay(prolonged(phase, input.ms, context));
    case 'tick':
      return tick(phase, context);
  }
}

/** When to call {@link stepLink} with a tick if nothing else happens. */
export function linkDeadline(phase: LinkPhase, context: LinkContext): Instant {
  switch (phase.kind) {
    case 'waiting':
      return Math.max(phase.retryAt, context.clearedAt);
    case 'opening':
    case 'closing':
      return phase.deadline;
    case 'open':
      return context.paused ? Infinity : silentAt(phase, context);
    case 'idle':
    case 'stopped':
      return Infinity;
  }
}

type Open = Extract<LinkPhase, { kind: 'open' }>;

const silentAt = (phase: Open, { heardAt, patience }: LinkContext): Instant =>
  phase.stale
    ? Math.max(heardAt + patience.silenceMs, phase.progress.at + patience.silenceMs - patience.staleMs)
    : heardAt + patience.staleMs;

const opened = (attempt: number, { now, bytes }: LinkContext): LinkPhase => ({
  kind: 'open',
  attempt,
  openedAt: now,
  stale: false,
  progress: { at: now, bytes },
});

function prolonged(phase: LinkPhase, ms: number, { now, patience }: LinkContext): LinkPhase {
  switch (phase.kind) {
    case 'opening':
      return { ...phase, deadline: Math.min(phase.deadline + ms, now + patience.openMs) };
    case 'closing':
      return { ...phase, deadline: Math.min(phase.deadline + ms, now + patience.closeMs) };
    case 'open':
    case 'waiting':
    case 'idle':
    case 'stopped':
      return phase;
  }
}

function tick(phase: LinkPhase, context: LinkContext): LinkStep {
  const { now } = context;
  switch (phase.kind) {
    case 'waiting':
      return whenCleared(phase, context);
    case 'opening':
      return now >= phase.deadline
        ? endedByUs(phase, 'no answer to the handshake', 'HANDSHAKE_TIMEOUT', context)
        : stay(phase);
    case 'closing':
      return now >= phase.deadline
        ? { phase: idle, effects: [{ kind: 'terminate-socket' }, closedByUs(1006)] }
        : stay(phase);
    case 'open':
      return listen(phase, context);
    case 'idle':
    case 'stopped':
      return stay(phase);
  }
}

function whenCleared(phase: Extract<LinkPhase, { kind: 'waiting' }>, context: LinkContext): LinkStep {
  const { now, patience, clearedAt } = context;
  if (now < phase.retryAt || now < clearedAt) return stay(phase);
  return {
    phase: { kind: 'opening', attempt: phase.attempt, deadline: now + patience.openMs },
    effects: [{ kind: 'open-socket', attempt: phase.attempt }],
  };
}

/** The watchdog: fed by any frame, and by the bytes of a frame too large to be complete yet. */
function listen(phase: Open, context: LinkContext): LinkStep {
  const { now, heardAt, patience, paused, bytes } = context;
  if (paused || now < silentAt({ ...phase, stale: false }, context)) return stay({ ...phase, stale: false });
  if (!phase.stale) {
    return {
      phase: { ...phase, stale: true, progress: { at: now, bytes } },
      effects: [{ kind: 'went-stale' }],
    };
  }
  if (now < silentAt(phase, context)) return stay(phase);
  if (bytes - phase.progress.bytes >= PROGRESS_BYTES) return stay({ ...phase, progress: { at: now, bytes } });
  const reason = `no frame for ${Math.round(now - heardAt)} ms (limit ${patience.silenceMs} ms)`;
  return endedByUs(phase, reason, 'SILENT', context);
}

function withdraw(phase: LinkPhase, context: LinkContext): LinkStep {
  switch (phase.kind) {
    case 'open':
      return {
        phase: { kind: 'closing', deadline: context.now + context.patience.closeMs },
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

const closedByUs = (code: number): LinkEffect => ({
  kind: 'ended',
  reason: 'closed by us',
  code,
  failure: undefined,
  wasOpen: true,
  remedy: 'stop',
});

const stoppedEarly: LinkEffect = {
  kind: 'ended',
  reason: 'let go before it was open',
  code: 1006,
  failure: { code: STOPPED, message: 'let go before it was open' },
  wasOpen: false,
  remedy: 'stop',
};

function closed(
  phase: LinkPhase,
  { code, reason }: { readonly code: number; readonly reason: string },
  context: LinkContext,
): LinkStep {
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

function abandon(phase: LinkPhase, reason: string, context: LinkContext): LinkStep {
  if (phase.kind !== 'open') return stay(phase);
  return endedByUs(phase, reason, ABANDONED, context);
}

type Live = Extract<LinkPhase, { kind: 'opening' | 'open' }>;

function endedByUs(phase: Live, reason: string, code: string, context: LinkContext): LinkStep {
  const step = ended(phase, { code: 1006, reason, failure: { code, message: reason } }, context);
  return { phase: step.phase, effects: [{ kind: 'terminate-socket' }, ...step.effects] };
}

function ended(phase: Live, ending: Ending, context: LinkContext): LinkStep {
  const { now, chance, patience, proven, maxAttempts } = context;
  const healthy = phase.kind === 'open' && context.data && now - phase.openedAt >= patience.healthyMs;
  const attempt = healthy ? 0 : phase.attempt;
  const given = rowOf(ending).remedy;
  const remedy = given === 'stop' && proven ? 'retry-slowly' : given;
  const report = {
    kind: 'ended',
    reason: ending.failure?.message ?? ending.reason,
    code: ending.code,
    failure: ending.failure,
    wasOpen: phase.kind === 'open',
    remedy,
  } as const;
  if (remedy === 'stop' || attempt + 1 >= maxAttempts) {
    return { phase: { kind: 'stopped' }, effects: [{ ...report, remedy: 'stop' }] };
  }
  const retryInMs = retryDelayMs(ending, attempt, chance, patience);
  return {
    phase: { kind: 'waiting', attempt: attempt + 1, retryAt: now + retryInMs },
    effects: [{ ...report, retryInMs }],
  };
}

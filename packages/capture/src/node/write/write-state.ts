import type { EndReason } from '../../format/records.ts';
import type { Effect, Facts, FailureKind, LoopEvent, LoopState, Notice } from './write-effects.ts';

/** A second failure within this time ends the recording. */
const FAILURE_WINDOW_MS = 60_000;
const OPEN_ATTEMPTS = 5;
const OPEN_RETRY_MS = 100;
const SPACE_POLL_MS = 500;

/** The steps of an end, in order. */
const CLOSING = ['discard', 'release', 'state-drops', 'seal', 'settle'] as const;

export interface WriteState {
  readonly mode: LoopState;
  /** The effect that is under way. */
  readonly pending: Effect | undefined;
  /** The open segment can't be continued: it ends with this reason as soon as another one is open. */
  readonly replace: EndReason | undefined;
  /** The disk was full and has room again, but what was dropped is not stated yet. */
  readonly resuming: boolean;
  /** Attempts to open the next segment that failed in a row. */
  readonly openFailures: number;
  readonly pauseMs: number;
  /** A sync waits for what is queued (`asked`), or is to be done now (`due`). */
  readonly sync: 'none' | 'asked' | 'due';
  /** The queue is to be emptied, since the recording has failed. */
  readonly discardDue: boolean;
  /** The folder belongs to another writer: not a byte may be written. */
  readonly lost: boolean;
  readonly finishing: EndReason | undefined;
  /** The last word does not fit into the open segment, and goes into the next one. */
  readonly outgrown: boolean;
  /** How many of the closing steps are done. */
  readonly closed: number;
  /** The last segment can't be sealed. */
  readonly abandoned: boolean;
  readonly lastFailureMs: number;
}

export const initialState: WriteState = {
  mode: 'recording',
  pending: undefined,
  replace: undefined,
  resuming: false,
  openFailures: 0,
  pauseMs: 0,
  sync: 'none',
  discardDue: false,
  lost: false,
  finishing: undefined,
  outgrown: false,
  closed: 0,
  abandoned: false,
  lastFailureMs: Number.NEGATIVE_INFINITY,
};

/** Whether the end has come: nothing follows this state. */
export const hasEnded = ({ closed }: WriteState): boolean => closed === CLOSING.length;

export interface Step {
  readonly state: WriteState;
  /** To be started now; it is `state.pending` from here on. */
  readonly effect?: Effect;
  readonly notice?: Notice;
}

/**
 * Decides what the write loop does next. Pure: whatever a later step needs to know stands in the state, so that each
 * retry goes on from the effect that failed.
 */
export function step(before: WriteState, event: LoopEvent, facts: Facts): Step {
  const taken = take(before, event, facts);
  if (taken.state.pending !== undefined || hasEnded(taken.state)) return taken;
  const { state, effect } = next(taken.state, facts);
  return effect === undefined
    ? { ...taken, state }
    : { ...taken, state: { ...state, pending: effect }, effect };
}

function take(state: WriteState, event: LoopEvent, facts: Facts): Step {
  switch (event.kind) {
    case 'queued':
      return { state };
    case 'sync':
      return { state: { ...state, sync: state.sync === 'none' ? 'asked' : state.sync } };
    case 'finish':
      return { state: { ...state, finishing: state.finishing ?? event.why } };
    case 'lost':
      return lose(state, event.error);
    case 'done':
      return { state: succeed({ ...state, pending: undefined }, state.pending as Effect, facts) };
    case 'failed':
      return fail({ ...state, pending: undefined }, state.pending as Effect, event, facts);
  }
}

function succeed(state: WriteState, effect: Effect, { fsync }: Facts): WriteState {
  switch (effect.kind) {
    case 'write':
      return state.sync === 'asked' || fsync === 'always' ? { ...state, sync: 'due' } : state;
    case 'checkpoint':
      return { ...state, sync: state.sync === 'due' ? 'none' : state.sync };
    case 'open':
      return { ...state, replace: undefined, outgrown: false, openFailures: 0 };
    case 'probe':
      return { ...state, resuming: true };
    case 'wait':
      return { ...state, pauseMs: 0 };
    case 'state-drops':
      return effect.resume
        ? { ...state, mode: 'recording', resuming: false, replace: undefined }
        : closedOne(state);
    case 'discard':
      return state.discardDue ? { ...state, discardDue: false } : closedOne(state);
    case 'abandon':
    case 'release':
    case 'remove':
    case 'seal':
    case 'settle':
      return closedOne(state);
  }
}

const closedOne = (state: WriteState): WriteState => ({ ...state, closed: state.closed + 1 });

interface Failed {
  readonly failure: FailureKind;
  readonly error: unknown;
}

function fail(state: WriteState, effect: Effect, { failure, error }: Failed, facts: Facts): Step {
  if (failure === 'lost') return lose(state, error);
  const full = failure === 'full';
  switch (effect.kind) {
    case 'write':
      if (full) return diskFull(state);
      // A file that may not grow is no failure of the disk: the next one may, unless this one was empty.
      if (failure === 'too-large' && facts.begun) return { state: { ...state, replace: 'io' } };
      return tolerate({ ...state, replace: 'io' }, error, facts);
    case 'checkpoint': {
      const asked = { ...state, sync: 'none' } as const;
      if (full) return diskFull(asked);
      return tolerate({ ...asked, replace: failure === 'fsync' ? 'fsync' : 'io' }, error, facts);
    }
    case 'open':
      if (state.outgrown) return abandon(state, error);
      return full
        ? diskFull({ ...state, replace: effect.why })
        : failedToOpen(state, effect, { failure, error }, facts);
    case 'probe':
      return {
        state: { ...state, pauseMs: SPACE_POLL_MS },
        ...(!full && { notice: { kind: 'io-error', error } }),
      };
    case 'state-drops': {
      if (!effect.resume) {
        if (failure === 'too-large' && facts.begun) return { state: { ...state, outgrown: true } };
        return abandon(state, error);
      }
      const again = { ...state, resuming: false, replace: 'disk_full', pauseMs: SPACE_POLL_MS };
      return full ? { state: again } : tolerate(again, error, facts);
    }
    case 'seal':
      return abandon(state, error);
    case 'abandon':
    case 'discard':
    case 'release':
    case 'remove':
    case 'settle':
    case 'wait':
      return { state: succeed(state, effect, facts), notice: { kind: 'io-error', error } };
  }
}

/** The last segment stays as it is: the next start seals it. */
function abandon(state: WriteState, error: unknown): Step {
  return { state: { ...state, outgrown: false, abandoned: true }, notice: { kind: 'io-error', error } };
}

/** The last segment is still open and whole, so nothing is lost while this is tried again. */
function failedToOpen(
  state: WriteState,
  { why }: Effect & { kind: 'open' },
  { failure, error }: Failed,
  facts: Facts,
): Step {
  // The `end` of the previous segment states what it could not make durable.
  if (failure === 'fsync') return tolerate({ ...state, replace: 'fsync' }, error, facts);
  const openFailures = state.openFailures + 1;
  const again = { ...state, replace: why, pauseMs: OPEN_RETRY_MS };
  if (openFailures < OPEN_ATTEMPTS) {
    return { state: { ...again, openFailures }, notice: { kind: 'io-error', error } };
  }
  return tolerate({ ...again, openFailures: 0 }, error, facts);
}

/** The segment stays open until there is room for another one, or for saying in it what was dropped. */
function diskFull(state: WriteState): Step {
  const full = {
    ...state,
    mode: 'disk-full',
    resuming: false,
    replace: state.replace ?? 'disk_full',
  } as const;
  if (state.mode === 'disk-full') return { state: { ...full, pauseMs: SPACE_POLL_MS } };
  return { state: full, notice: { kind: 'disk-full' } };
}

/** A failure that may pass. The second within a minute is one too many. */
function tolerate(state: WriteState, error: unknown, { now }: Facts): Step {
  if (now - state.lastFailureMs < FAILURE_WINDOW_MS) return failed(state, error);
  return { state: { ...state, lastFailureMs: now }, notice: { kind: 'io-error', error } };
}

function lose(state: WriteState, error: unknown): Step {
  return state.lost ? { state } : failed({ ...state, lost: true, abandoned: true }, error);
}

function failed(state: WriteState, error: unknown): Step {
  return { state: { ...state, mode: 'failed', discardDue: true }, notice: { kind: 'failed', error } };
}

/** Chooses the next effect. */
function next(state: WriteState, facts: Facts): { readonly state: WriteState; readonly effect?: Effect } {
  const { mode, finishing } = state;
  if (state.discardDue) return { state, effect: { kind: 'discard' } };
  if (finishing !== undefined && (mode !== 'recording' || facts.front === 'nothing'))
    return close(state, facts);
  if (mode === 'failed') return { state };
  if (state.pauseMs > 0) return { state, effect: { kind: 'wait', ms: state.pauseMs } };
  if (mode === 'disk-full') return { state, effect: resume(state, facts) };
  const rotate = facts.front === 'rotation';
  if (state.replace !== undefined) return { state, effect: { kind: 'open', why: state.replace, rotate } };
  if (state.sync === 'due' || (state.sync === 'asked' && facts.front !== 'blocks')) {
    if (facts.unsynced) return { state: { ...state, sync: 'due' }, effect: { kind: 'checkpoint' } };
    return next({ ...state, sync: 'none' }, facts);
  }
  if (facts.front === 'blocks') return { state, effect: { kind: 'write' } };
  if (!rotate) return { state };
  // A segment is durable before its successor exists, so that a power cut leaves no hole between the two.
  if (facts.unsynced && facts.fsync !== 'never') return { state, effect: { kind: 'checkpoint' } };
  return { state, effect: { kind: 'open', why: 'rotate', rotate } };
}

function resume({ resuming, replace }: WriteState, { begun, front }: Facts): Effect {
  if (!resuming) return { kind: 'probe' };
  const needed = replace !== undefined && (replace !== 'disk_full' || begun);
  return needed
    ? { kind: 'open', why: replace, rotate: front === 'rotation' }
    : { kind: 'state-drops', why: 'disk_full', resume: true };
}

function close(state: WriteState, facts: Facts): { readonly state: WriteState; readonly effect?: Effect } {
  const { mode, abandoned, lost } = state;
  const kind = CLOSING[state.closed];
  const skip = (): ReturnType<typeof close> => close(closedOne(state), facts);
  if (kind === undefined) return { state };
  switch (kind) {
    case 'discard':
      return { state, effect: { kind } };
    case 'release':
      // Another writer's by now.
      return lost ? skip() : { state, effect: { kind } };
    case 'state-drops': {
      if (abandoned || !facts.unstated) return skip();
      if (state.outgrown)
        return { state, effect: { kind: 'open', why: state.replace ?? 'io', rotate: false } };
      const why = mode === 'disk-full' ? 'disk_full' : 'backpressure';
      return { state, effect: { kind, why, resume: false } };
    }
    case 'seal':
      if (abandoned) return { state, effect: { kind: 'abandon' } };
      // A start that came to nothing leaves nothing.
      if (facts.first && !facts.begun) return { state, effect: { kind: 'remove' } };
      return { state, effect: { kind, why: lastReason(state) } };
    case 'settle':
      return { state, effect: { kind } };
  }
}

/** A failed fsync must show in the `end` whatever came after it. */
function lastReason({ mode, replace, finishing = 'close' }: WriteState): EndReason {
  if (replace === 'fsync') return 'fsync';
  if (mode === 'disk-full') return 'disk_full';
  return mode === 'failed' || replace !== undefined ? 'io' : finishing;
}

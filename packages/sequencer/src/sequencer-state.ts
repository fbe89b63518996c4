import type { Accounting } from './accounting.ts';
import { SequencerError } from './sequencer-error.ts';
import { isCount, optionsOf } from './sequencer-options.ts';
import type { SequenceRange } from './verdict.ts';

interface Kept {
  readonly start: number | 'any';
  readonly maxOpenGaps: number;
  readonly accounting: Accounting;
}

/** Plain data, safe to put through JSON: `waiting` before the first frame of an epoch, then `running`. */
export type SequencerState =
  | (Kept & { readonly kind: 'waiting' })
  | (Kept & {
      readonly kind: 'running';
      /** The next expected number. */
      readonly next: number;
      /** The lowest number whose arrival is still known. */
      readonly horizon: number;
      /** Gaps that late frames can still fill, ascending. */
      readonly open: readonly SequenceRange[];
    });

/**
 * Rejects a state that no sequencer can have returned, for instance from a damaged file.
 *
 * @throws SequencerError `SEQUENCER_STATE_INVALID`
 */
export function checkState(state: SequencerState): void {
  const problem = problemOf(state);
  if (problem !== undefined) throw new SequencerError('SEQUENCER_STATE_INVALID', { problem });
}

function problemOf(state: SequencerState): string | undefined {
  try {
    const { start, maxOpenGaps } = state;
    optionsOf({ start, maxOpenGaps });
    return contradictionIn(state);
  } catch (error) {
    // Stored data may not even have the shape of a state.
    return error instanceof Error ? error.message : 'its shape';
  }
}

function contradictionIn(state: SequencerState): string | undefined {
  if (state.kind !== 'waiting' && state.kind !== 'running') return 'its kind';
  const { accounting } = state;
  if (!Object.values(accounting).every(isCount)) return 'a counter is not a count';
  const { received, accepted, duplicates, stale, invalid, framesInGaps, late, missing, lost } = accounting;
  if (received !== accepted + duplicates + stale + invalid) return 'received is not the sum of its parts';
  if (missing !== framesInGaps - late) return 'missing is not what gaps hold less what came late';
  const open = state.kind === 'running' ? problemOfRanges(state) : { frames: 0 };
  if (open.problem !== undefined) return open.problem;
  return missing - lost === open.frames ? undefined : 'the open gaps do not hold the frames still open';
}

function problemOfRanges(state: SequencerState & { kind: 'running' }): { frames: number; problem?: string } {
  let frames = 0;
  let above = state.horizon;
  if (!isCount(state.horizon) || !isCount(state.next - 1) || state.next <= state.horizon)
    return { frames, problem: 'next is not a number above the horizon' };
  for (const { from, to } of state.open) {
    if (!isCount(from) || !isCount(to) || from < above || to < from || to >= state.next)
      return { frames, problem: 'its open gaps are not ascending ranges between horizon and next' };
    frames += to - from + 1;
    above = to + 2;
  }
  return state.open.length > state.maxOpenGaps
    ? { frames, problem: 'more gaps than remembered' }
    : { frames };
}

import type { Accounting } from './accounting.ts';
import { Counting } from './counting.ts';
import { optionsOf, type SequencerOptions } from './sequencer-options.ts';
import { checkState, type SequencerState } from './sequencer-state.ts';
import type { UnknownGap, Verdict } from './verdict.ts';

/** Judges one numbered stream. See {@link advance} for the same as a pure function. */
export interface Sequencer {
  /**
   * Judges the number of the next frame received, whatever value that is. The expected number costs a few
   * nanoseconds and allocates nothing.
   */
  push(sequence: unknown): Verdict;
  /**
   * Ends the counting, as the end of a connection does: the gaps still open stay missing for good, one gap of
   * unknown extent is added, and the next number pushed starts a new counting. The accounting goes on.
   */
  close(): UnknownGap;
  /** Everything counted so far, as a new object that does not change any more. */
  readonly accounting: Accounting;
  /** Everything needed to go on elsewhere, as plain data that survives JSON. */
  readonly state: SequencerState;
}

/**
 * Makes a sequencer. By default it is strict: a counting starts at 0, so a first frame with the number 3 is a
 * gap of 3 frames. Coinbase counts per connection and starts at 0 on each.
 *
 * @throws SequencerError `SEQUENCER_OPTION_INVALID`
 *
 * @example
 * ```ts
 * const sequencer = createSequencer();
 * sequencer.push(0); // { kind: 'first' }
 * sequencer.push(3); // { kind: 'gap', missing: { from: 1, to: 2 }, count: 2 }
 * sequencer.push(2); // { kind: 'late' }
 * sequencer.accounting.missing; // 1
 * ```
 */
export function createSequencer(options: SequencerOptions = {}): Sequencer {
  return new Counting(optionsOf(options));
}

/**
 * Goes on where another sequencer stopped.
 *
 * @throws SequencerError `SEQUENCER_STATE_INVALID` when the state contradicts itself.
 */
export function resumeSequencer(state: SequencerState): Sequencer {
  checkState(state);
  return Counting.from(state);
}

/**
 * The state before the first frame.
 *
 * @throws SequencerError `SEQUENCER_OPTION_INVALID`
 */
export function initialState(options: SequencerOptions = {}): SequencerState {
  return new Counting(optionsOf(options)).state;
}

/**
 * The transition as a pure function: the same judgement as {@link Sequencer.push}, with a new state instead of
 * a changed one. It copies the open gaps at every step; where speed counts, use {@link createSequencer}.
 */
export function advance(
  state: SequencerState,
  sequence: unknown,
): { readonly state: SequencerState; readonly verdict: Verdict } {
  const counting = Counting.from(state);
  const verdict = counting.push(sequence);
  return { state: counting.state, verdict };
}

/** {@link Sequencer.close} as a pure function. */
export function endCounting(state: SequencerState): {
  readonly state: SequencerState;
  readonly gap: UnknownGap;
} {
  const counting = Counting.from(state);
  const gap = counting.close();
  return { state: counting.state, gap };
}

import type { Accounting } from './accounting.ts';
import { Epoch } from './epoch.ts';
import { optionsOf, type SequencerOptions } from './sequencer-options.ts';
import { checkState, type SequencerState } from './sequencer-state.ts';
import type { UnknownGap, Verdict } from './verdict.ts';

/** Tracks one numbered stream. {@link advance} is the same as a pure function. */
export interface Sequencer {
  /**
   * Returns the verdict on the number of the next frame received, whatever its type. The expected number takes a few
   * nanoseconds and allocates nothing.
   */
  push(sequence: unknown): Verdict;
  /**
   * Ends the epoch, as at the end of a connection: open gaps stay missing for good, one gap of unknown extent is added,
   * and the next number starts a new epoch. The accounting continues.
   */
  close(): UnknownGap;
  /** The counters so far, as a new object that does not change. */
  readonly accounting: Accounting;
  /** Plain data to resume from, safe to put through JSON. */
  readonly state: SequencerState;
}

/**
 * Creates a sequencer. By default an epoch starts at 0, so a first frame with the number 3 is a gap of 3 frames.
 * Coinbase counts per connection and starts each at 0.
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
  return new Epoch(optionsOf(options));
}

/**
 * Creates a sequencer that continues from a state.
 *
 * @throws SequencerError `SEQUENCER_STATE_INVALID` when the state contradicts itself.
 *
 * @example
 * ```ts
 * const saved = JSON.stringify(createSequencer().state);
 * const sequencer = resumeSequencer(JSON.parse(saved));
 * ```
 */
export function resumeSequencer(state: SequencerState): Sequencer {
  checkState(state);
  return Epoch.from(state);
}

/**
 * The state before the first frame.
 *
 * @throws SequencerError `SEQUENCER_OPTION_INVALID`
 */
export function initialState(options: SequencerOptions = {}): SequencerState {
  return new Epoch(optionsOf(options)).state;
}

/**
 * The transition as a pure function: the verdict of {@link Sequencer.push} and a new state. Copies the open gaps at
 * every step; use {@link createSequencer} where speed matters.
 */
export function advance(
  state: SequencerState,
  sequence: unknown,
): { readonly state: SequencerState; readonly verdict: Verdict } {
  const epoch = Epoch.from(state);
  const verdict = epoch.push(sequence);
  return { state: epoch.state, verdict };
}

/** {@link Sequencer.close} as a pure function. */
export function endEpoch(state: SequencerState): {
  readonly state: SequencerState;
  readonly gap: UnknownGap;
} {
  const epoch = Epoch.from(state);
  const gap = epoch.close();
  return { state: epoch.state, gap };
}

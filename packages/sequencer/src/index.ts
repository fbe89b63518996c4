export type { Accounting } from './accounting.ts';
export { type Sequencer, advance, createSequencer, initialState, resumeSequencer } from './sequencer.ts';
export { SequencerError, type SequencerErrorCode } from './sequencer-error.ts';
export { REMEMBERED_GAPS, type SequencerOptions } from './sequencer-options.ts';
export type { SequencerState } from './sequencer-state.ts';
export type { InvalidReason, SequenceRange, UnknownGap, Verdict } from './verdict.ts';

export type { Accounting } from './accounting.ts';
export { createHeartbeatMonitor, type HeartbeatMonitor } from './heartbeat-monitor.ts';
export { createKeyedSequencer, type KeyedSequencer, type KeyedSequencerOptions } from './keyed-sequencer.ts';
export { createReorderWindow, type ReorderWindow, type ReorderWindowOptions } from './reorder-window.ts';
export type { NumberedFrame, Scope } from './scope.ts';
export {
  createScopeDetector,
  type ScopeContradiction,
  type ScopeDetector,
  type ScopeDetectorOptions,
} from './scope-detector.ts';
export {
  type Sequencer,
  advance,
  createSequencer,
  endEpoch,
  initialState,
  resumeSequencer,
} from './sequencer.ts';
export {
  type AnySequencerError,
  isSequencerError,
  SequencerError,
  type SequencerErrorCode,
} from './sequencer-error.ts';
export type { SequencerOptions } from './sequencer-options.ts';
export type { SequencerState } from './sequencer-state.ts';
export {
  createTradeContinuity,
  type TradeContinuity,
  type TradeContinuityOptions,
  type TradeStreamState,
  type TradeVerdict,
} from './trade-continuity.ts';
export type { InvalidReason, SequenceRange, UnknownGap, Verdict } from './verdict.ts';

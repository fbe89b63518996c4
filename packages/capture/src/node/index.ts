export { openWriter } from './open-writer.ts';
export type { CaptureWriter, GapNotice, WriterResult, WriterStats } from './capture-writer.ts';
export type { Compression, Retention, WriterOptions } from './writer-options.ts';
export type { WriterEvent } from './writer-events.ts';
export type { CaptureClock } from './timekeeper.ts';
export type { WriterEnvironment } from './environment.ts';
export type { Timers } from './timers.ts';
export type { ProcessIdentity, Processes } from './processes.ts';
export type { Codec, Codecs } from './codecs.ts';
export { nodeFiles } from './files.ts';
export type { Files, OpenFile } from './files.ts';
export type { LoopState } from './write-effects.ts';
export { frames, openCapture } from './open-capture.ts';
export type { Capture, FrameStream, ReadOptions, ReuseOptions } from './open-capture.ts';
export type { GoneSegments } from './segment-walk.ts';
export type { CapturedFrame } from './captured-frame.ts';
export type { Classify, FrameFilter } from './frame-filter.ts';
export type { CaptureFile, CaptureFileForm, CaptureSource } from './capture-files.ts';
export { verifyCapture } from './verify/verify-capture.ts';
export type { VerifyOptions, VerifyProgress, VerifyReport } from './verify/verify-capture.ts';
export type { CapturePromise, Finding, FindingPlace } from './verify/finding.ts';
export {
  createSequenceCount,
  type AccountingPort,
  type CountedRun,
  type SequenceCount,
  type SequenceTotals,
  type SequenceVerdict,
} from './sequence-count.ts';
export { replay } from './replay.ts';
export type { ReplayClock, ReplayOptions } from './replay.ts';
export { stepThrough } from './step-through.ts';
export type { Stepper } from './step-through.ts';
export { inspectCapture } from './inspect-capture.ts';
export type {
  GapSummary,
  InspectOptions,
  Inspection,
  RunSummary,
  SegmentSummary,
} from './inspect-capture.ts';
export type { ConnectionSummary, FrameSummary, LargeFrame, Share } from './frame-statistics.ts';
export { repairCapture } from './repair.ts';
export type { RepairedSegment, RepairReport } from './repair.ts';
export { presentSegments, readManifest } from './manifest-file.ts';
export { parseSegmentName } from '../segment-names.ts';
export type { SegmentName } from '../segment-names.ts';
export { editCapture } from './edit/edit-capture.ts';
export type { EditOptions } from './edit/edit-capture.ts';
export type { FrameRef } from './edit/frame-refs.ts';
export type { DerivedCapture } from './derived-file.ts';
export { importFrames } from './import/import-frames.ts';
export type { ImportOptions } from './import/import-frames.ts';
export type { TimeUnit } from './import/frame-rows.ts';

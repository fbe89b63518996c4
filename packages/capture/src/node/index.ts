export { openWriter } from './write/open-writer.ts';
export type { CaptureWriter, GapNotice, WriterResult, WriterStats } from './write/writer-api.ts';
export type { WriterOptions } from './write/options.ts';
export type { Compression } from './seal/compress.ts';
export type { Retention } from './seal/retention.ts';
export type { WriterEvent } from './write/events.ts';
export type { CaptureClock } from './system/clock.ts';
export type { WriterEnvironment } from './fs/environment.ts';
export type { Timers } from './system/timers.ts';
export type { ProcessIdentity, Processes } from './system/processes.ts';
export type { Codec, Codecs } from './system/codecs.ts';
export { nodeFiles } from './fs/node-file-system.ts';
export type { Files, OpenFile } from './fs/file-system.ts';
export type { LoopState } from './write/write-effects.ts';
export { frames, openCapture } from './read/open-capture.ts';
export type { Capture, FrameStream, ReadOptions, ReuseOptions } from './read/open-capture.ts';
export type { GoneSegments } from './read/segment-walk.ts';
export type { CapturedFrame } from './read/frame-view.ts';
export type { Classify, FrameFilter } from './read/filter.ts';
export type { CaptureSource } from './folder/list-files.ts';
export type { CaptureFile, CaptureFileForm } from './folder/capture-file.ts';
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
} from './inspect/sequence-count.ts';
export { replay } from './replay/replay.ts';
export type { ReplayClock, ReplayOptions } from './replay/replay.ts';
export { stepThrough } from './replay/step-through.ts';
export type { Stepper } from './replay/step-through.ts';
export { inspectCapture } from './inspect/inspect-capture.ts';
export type {
  GapSummary,
  InspectOptions,
  Inspection,
  RunSummary,
  SegmentSummary,
} from './inspect/inspect-capture.ts';
export type { ConnectionSummary, FrameSummary, LargeFrame, Share } from './inspect/frame-statistics.ts';
export { repairCapture } from './repair/repair-folder.ts';
export type { RepairedSegment, RepairReport } from './repair/repair-folder.ts';
export { removeAbandoned, unfinishedPath } from './lock/unfinished.ts';
export { presentSegments, readManifest } from './folder/manifest.ts';
export { parseSegmentName } from '../format/segment-name.ts';
export type { SegmentName } from '../format/segment-name.ts';
export { editCapture } from './transform/edit-capture.ts';
export type { EditOptions } from './transform/edit-options.ts';
export type { FrameRef } from './transform/frame-refs.ts';
export type { DerivedCapture } from './transform/write-capture-file.ts';
export { importFrames } from './transform/import-frames.ts';
export type { ImportOptions } from './transform/import-frames.ts';
export type { TimeUnit } from './transform/imported-rows.ts';

export { openWriter } from './open-writer.ts';
export type { CaptureWriter, GapNotice, WriterResult, WriterStats } from './capture-writer.ts';
export type { Compression, Retention, WriterOptions } from './writer-options.ts';
export type { WriterEvent } from './writer-events.ts';
export type { CaptureClock } from './timekeeper.ts';
export type { Files, OpenFile } from './files.ts';
export type { LoopState } from './write-loop.ts';

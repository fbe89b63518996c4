import type { CaptureWriter, WriterEvent, WriterStats } from '@feedtape/capture/node';
import { DISK_FULL, recordingFailed } from '../../events/describe.ts';
import { countText } from '../../output/format.ts';
import { errorText } from '../../output/printable.ts';
import type { CaptureSnapshot, SegmentSnapshot } from './status-snapshot.ts';

/** Segments that are listed; older ones are counted. */
const SEGMENT_LIMIT = 20;

/** Events of a capture's writer, and the state of its disk. */
export type CaptureEvent =
  | WriterEvent
  | { readonly kind: 'disk'; readonly freeBytes: number; readonly totalBytes: number }
  | { readonly kind: 'closed' };

/** The part of a writer that is read. */
export interface WatchedWriter extends Pick<CaptureWriter, 'run' | 'folder' | 'queuedBytes'> {
  readonly stats: Pick<WriterStats, 'state' | 'frames' | 'bytes' | 'dropped'>;
}

/** The state of a capture, in bounded memory; times are monotonic milliseconds. */
export interface CaptureState {
  attach(writer: WatchedWriter): void;
  observe(event: CaptureEvent, at: number): void;
  /** `bytesPerSecond` before compression; `offset` converts monotonic to Unix milliseconds. */
  snapshot(bytesPerSecond: number, offset: number): CaptureSnapshot;
}

export function createCaptureState(): CaptureState {
  const segments: SegmentSnapshot[] = [];
  const counts = { sealed: 0, compressed: 0, deleted: 0 };
  const compression = { before: 0, after: 0 };
  let writer: WatchedWriter | undefined;
  let disk: { readonly freeBytes: number; readonly totalBytes: number } | undefined;
  let failure: string | undefined;
  let closed = false;

  const change = (file: string, changes: Omit<SegmentSnapshot, 'file'>): void => {
    const index = segments.findIndex((segment) => stem(segment.file) === stem(file));
    const segment = { ...segments[index], ...changes, file };
    if (index !== -1) segments[index] = segment;
    else if (segments.unshift(segment) > SEGMENT_LIMIT) segments.pop();
  };

  const observeSegment = (event: CaptureEvent, at: number): void => {
    if (event.kind === 'opened') change(event.file, { state: 'open', openedAt: at });
    if (event.kind === 'sealed') {
      const { file, frames, bytes } = event;
      counts.sealed += 1;
      change(file, { state: 'sealed', sealedAt: at, frames, bytes });
    }
    if (event.kind === 'compressed') {
      const before = segments.find((segment) => stem(segment.file) === stem(event.file))?.bytes;
      counts.compressed += 1;
      if (before !== undefined) {
        compression.before += before;
        compression.after += event.bytes;
      }
      change(event.file, { state: 'compressed', compressedBytes: event.bytes });
    }
    if (event.kind === 'deleted') {
      counts.deleted += 1;
      change(event.file, { state: 'deleted' });
    }
  };

  return {
    attach(attached) {
      writer = attached;
    },
    observe(event, at) {
      observeSegment(event, at);
      if (event.kind === 'disk') disk = { freeBytes: event.freeBytes, totalBytes: event.totalBytes };
      if (event.kind === 'failed') failure = errorText(event.error);
      if (event.kind === 'closed') closed = true;
    },
    snapshot(bytesPerSecond, offset) {
      const { frames = 0, bytes = 0, dropped = 0, state = 'recording' } = writer?.stats ?? {};
      const ratio = compression.before === 0 ? undefined : compression.after / compression.before;
      const growth = bytesPerSecond * (ratio ?? 1);
      const toWall = ({ openedAt, sealedAt, ...segment }: SegmentSnapshot): SegmentSnapshot => ({
        ...segment,
        ...(openedAt === undefined ? {} : { openedAt: Math.round(openedAt + offset) }),
        ...(sealedAt === undefined ? {} : { sealedAt: Math.round(sealedAt + offset) }),
      });
      return {
        ...(writer === undefined ? {} : { folder: writer.folder, run: writer.run }),
        state: closed ? 'closed' : state,
        ...(failure === undefined ? {} : { failure }),
        frames,
        bytes,
        dropped,
        queuedBytes: writer?.queuedBytes ?? 0,
        ...counts,
        ...(ratio === undefined ? {} : { compressionRatio: ratio }),
        segments: segments.map(toWall),
        ...(disk === undefined ? {} : { disk: { ...disk, ...timeLeft(disk.freeBytes, growth) } }),
      };
    },
  };
}

/** The common part of a segment's names while it is open, sealed and compressed. */
const stem = (file: string): string => file.slice(file.lastIndexOf('/') + 1).split('.', 1)[0] ?? file;

const timeLeft = (freeBytes: number, bytesPerSecond: number): { timeLeftMs?: number } =>
  bytesPerSecond === 0 ? {} : { timeLeftMs: Math.round((freeBytes / bytesPerSecond) * 1000) };

/** Reasons why frames are not written, if any. */
export function captureTroubles({ state, failure, dropped }: CaptureSnapshot): readonly string[] {
  if (state === 'disk-full') return [`${DISK_FULL}, ${countText(dropped, 'frame')} dropped so far`];
  if (state === 'failed') return [recordingFailed(failure ?? 'writing failed')];
  return [];
}

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
  const segments = createSegmentList();
  let writer: WatchedWriter | undefined;
  let disk: { readonly freeBytes: number; readonly totalBytes: number } | undefined;
  let failure: string | undefined;
  let closed = false;

  return {
    attach(attached) {
      writer = attached;
    },
    observe(event, at) {
      segments.observe(event, at);
      if (event.kind === 'disk') disk = { freeBytes: event.freeBytes, totalBytes: event.totalBytes };
      if (event.kind === 'failed') failure = errorText(event.error);
      if (event.kind === 'closed') closed = true;
    },
    snapshot(bytesPerSecond, offset) {
      const { frames = 0, bytes = 0, dropped = 0, state = 'recording' } = writer?.stats ?? {};
      const list = segments.snapshot(offset);
      const growth = bytesPerSecond * (list.compressionRatio ?? 1);
      return {
        ...(writer === undefined ? {} : { folder: writer.folder, run: writer.run }),
        state: closed ? 'closed' : state,
        ...(failure === undefined ? {} : { failure }),
        frames,
        bytes,
        dropped,
        queuedBytes: writer?.queuedBytes ?? 0,
        ...list,
        ...(disk === undefined ? {} : { disk: { ...disk, ...timeLeft(disk.freeBytes, growth) } }),
      };
    },
  };
}

/** The newest segments, and counts of all. */
interface SegmentList {
  observe(event: CaptureEvent, at: number): void;
  snapshot(
    offset: number,
  ): Pick<CaptureSnapshot, 'sealed' | 'compressed' | 'deleted' | 'compressionRatio' | 'segments'>;
}

function createSegmentList(): SegmentList {
  const segments: SegmentSnapshot[] = [];
  const counts = { sealed: 0, compressed: 0, deleted: 0 };
  const compression = { before: 0, after: 0 };
  const indexOf = (file: string): number =>
    segments.findIndex((segment) => stem(segment.file) === stem(file));

  const change = (file: string, changes: Omit<SegmentSnapshot, 'file'>): void => {
    const index = indexOf(file);
    const segment = { ...segments[index], ...changes, file };
    if (index !== -1) segments[index] = segment;
    else if (segments.unshift(segment) > SEGMENT_LIMIT) segments.pop();
  };

  return {
    observe(event, at) {
      if (event.kind === 'opened') change(event.file, { state: 'open', openedAt: at });
      else if (event.kind === 'sealed') {
        const { file, frames, bytes } = event;
        counts.sealed += 1;
        change(file, { state: 'sealed', sealedAt: at, frames, bytes });
      } else if (event.kind === 'compressed') {
        const before = segments[indexOf(event.file)]?.bytes;
        counts.compressed += 1;
        compression.before += before ?? 0;
        compression.after += before === undefined ? 0 : event.bytes;
        change(event.file, { state: 'compressed', compressedBytes: event.bytes });
      } else if (event.kind === 'deleted') {
        counts.deleted += 1;
        change(event.file, { state: 'deleted' });
      }
    },
    snapshot: (offset) => ({
      ...counts,
      ...(compression.before === 0 ? {} : { compressionRatio: compression.after / compression.before }),
      segments: segments.map((segment) => onWallClock(segment, offset)),
    }),
  };
}

const onWallClock = (
  { openedAt, sealedAt, ...segment }: SegmentSnapshot,
  offset: number,
): SegmentSnapshot => ({
  ...segment,
  ...(openedAt === undefined ? {} : { openedAt: Math.round(openedAt + offset) }),
  ...(sealedAt === undefined ? {} : { sealedAt: Math.round(sealedAt + offset) }),
});

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

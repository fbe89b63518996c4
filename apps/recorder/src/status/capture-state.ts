import type { IncidentReport } from './incident-log.ts';
import type { CaptureSnapshot, SegmentSnapshot } from './status-snapshot.ts';

/** Segments that are listed; older ones are only counted. */
const SEGMENT_LIMIT = 20;

/** What the recorder tells the status of its capture; `at` in monotonic milliseconds. */
export type CaptureObservation =
  | {
      readonly kind: 'opened';
      readonly folder: string;
      readonly run: string;
      readonly queueLimitBytes?: number;
    }
  | { readonly kind: 'segment-opened'; readonly at: number; readonly file: string }
  | {
      readonly kind: 'segment-sealed';
      readonly at: number;
      readonly file: string;
      readonly frames: number;
      readonly bytes: number;
    }
  | {
      readonly kind: 'segment-compressed';
      readonly file: string;
      readonly bytes: number;
      readonly compressedBytes: number;
    }
  | { readonly kind: 'segment-removed'; readonly file: string; readonly bytes: number }
  /** Levels and running totals of the writer, whenever they are looked at. */
  | {
      readonly kind: 'written';
      readonly frames: number;
      readonly bytes: number;
      readonly dropped: number;
      readonly queuedBytes: number;
    }
  | { readonly kind: 'disk'; readonly freeBytes: number; readonly totalBytes?: number }
  | { readonly kind: 'disk-full'; readonly at: number }
  | { readonly kind: 'disk-writable'; readonly at: number }
  | { readonly kind: 'clock-step'; readonly at: number; readonly offsetMs: number }
  | { readonly kind: 'failed'; readonly at: number; readonly reason: string }
  | { readonly kind: 'closed' };

/** The state of a capture, in bounded memory. */
export interface CaptureState {
  observe(event: CaptureObservation): void;
  /** `bytesPerSecond` as they arrive, before compression; `offset` makes wall time. */
  snapshot(bytesPerSecond: number, offset: number): CaptureSnapshot;
}

export function createCaptureState(): CaptureState {
  const segments: SegmentSnapshot[] = [];
  const counts = { sealed: 0, compressed: 0, removed: 0, bytes: 0 };
  const compression = { before: 0, after: 0 };
  const levels = { frames: 0, bytes: 0, dropped: 0, queuedBytes: 0 };
  let place: { folder?: string; run?: string; queueLimitBytes?: number } = {};
  let condition: { state: CaptureSnapshot['state']; reason?: string } = { state: 'writing' };
  let disk: { freeBytes: number; totalBytes?: number } | undefined;

  const change = (file: string, changes: Partial<SegmentSnapshot>): void => {
    const index = segments.findIndex((segment) => segment.file === file);
    const segment = { file, state: 'open' as const, ...segments[index], ...changes };
    if (index !== -1) segments[index] = segment;
    else if (segments.unshift(segment) > SEGMENT_LIMIT) segments.pop();
  };

  const observe = (event: CaptureObservation): void => {
    switch (event.kind) {
      case 'opened':
        place = {
          folder: event.folder,
          run: event.run,
          ...(event.queueLimitBytes === undefined ? {} : { queueLimitBytes: event.queueLimitBytes }),
        };
        return;
      case 'segment-opened':
        return change(event.file, { state: 'open', openedAt: event.at });
      case 'segment-sealed':
        counts.sealed += 1;
        counts.bytes += event.bytes;
        return change(event.file, {
          state: 'sealed',
          sealedAt: event.at,
          frames: event.frames,
          bytes: event.bytes,
        });
      case 'segment-compressed':
        counts.compressed += 1;
        counts.bytes += event.compressedBytes - event.bytes;
        compression.before += event.bytes;
        compression.after += event.compressedBytes;
        return change(event.file, { state: 'compressed', compressedBytes: event.compressedBytes });
      case 'segment-removed':
        counts.removed += 1;
        counts.bytes = Math.max(0, counts.bytes - event.bytes);
        return change(event.file, { state: 'removed' });
      case 'written':
        levels.frames = event.frames;
        levels.bytes = event.bytes;
        levels.dropped = event.dropped;
        levels.queuedBytes = event.queuedBytes;
        return undefined;
      case 'disk':
        disk =
          event.totalBytes === undefined
            ? { freeBytes: event.freeBytes }
            : { freeBytes: event.freeBytes, totalBytes: event.totalBytes };
        return undefined;
      case 'disk-full':
        condition = {
          state: 'disk-full',
          reason: 'the disk is full: frames are held in memory, then dropped and counted',
        };
        return undefined;
      case 'disk-writable':
        condition = { state: 'writing' };
        return undefined;
      case 'failed':
        condition = { state: 'failed', reason: event.reason };
        return undefined;
      case 'closed':
        condition = { state: 'closed' };
        return undefined;
      case 'clock-step':
        return undefined;
    }
  };

  return {
    observe,
    snapshot(bytesPerSecond, offset) {
      const ratio = compression.before === 0 ? undefined : compression.after / compression.before;
      const growth = bytesPerSecond * (ratio ?? 1);
      const toWall = ({ openedAt, sealedAt, ...segment }: SegmentSnapshot): SegmentSnapshot => ({
        ...segment,
        ...(openedAt === undefined ? {} : { openedAt: Math.round(openedAt + offset) }),
        ...(sealedAt === undefined ? {} : { sealedAt: Math.round(sealedAt + offset) }),
      });
      return {
        ...place,
        ...condition,
        ...levels,
        segments: {
          ...counts,
          ...(ratio === undefined ? {} : { compressionRatio: ratio }),
          latest: segments.map(toWall),
        },
        ...(disk === undefined
          ? {}
          : {
              disk: {
                ...disk,
                ...(growth === 0 ? {} : { timeLeftMs: Math.round((disk.freeBytes / growth) * 1000) }),
              },
            }),
      };
    },
  };
}

/** The incident that an operator should see for a capture's event, if it is one. */
export function captureIncident(event: CaptureObservation): IncidentReport | undefined {
  if (event.kind === 'disk-full') return { at: event.at, kind: 'disk-full', text: 'the disk is full' };
  if (event.kind === 'disk-writable')
    return { at: event.at, kind: 'disk-writable', text: 'the disk can be written again' };
  if (event.kind === 'failed') return { at: event.at, kind: 'failure', text: event.reason };
  if (event.kind === 'clock-step') {
    const text = `the wall clock stepped by ${Math.round(event.offsetMs)} ms`;
    return { at: event.at, kind: 'clock-step', text };
  }
  return undefined;
}

/** Why frames are not being kept, if so. */
export function captureTroubles({ state, reason }: CaptureSnapshot): readonly string[] {
  return state === 'disk-full' || state === 'failed' ? [reason ?? state] : [];
}

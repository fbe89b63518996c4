import type { Files } from '../fs/file-system.ts';
import { finishDepartures } from './departures.ts';
import type { Departed } from './departures.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import type { PresentSegment } from '../folder/manifest-state.ts';

/** Limits above which sealed segments are deleted, oldest first. The newest two always stay. Each may be 0 or more. */
export interface Retention {
  /** Total size on disk in bytes. @default no limit */
  readonly bytes?: number;
  /** Number of segments. @default no limit */
  readonly segments?: number;
  /** Age of a segment since it was sealed, in ms. @default no limit */
  readonly ms?: number;
  /** Bytes to keep free on the file system, checked when a segment is sealed or the disk is full. @default no limit */
  readonly freeBytes?: number;
}

/** Segments that stay under any limits: the newest two. */
const ALWAYS_KEPT = 2;
/** Deletions announced in the manifest at once: a line each, one fsync. */
const BATCH = 200;

/** A segment that has to go, and the limit it has to go for. */
interface Overdue {
  readonly segment: PresentSegment;
  readonly why: string;
}

/**
 * Which of these segments, oldest first, have to go while a limit is exceeded: always the first ones, so that what is
 * deleted is never between two that are kept. `ageMs` is `undefined` where no clock can tell.
 */
function overdueSegments(
  kept: readonly PresentSegment[],
  limits: Retention,
  {
    freeBytes,
    ageMs,
  }: { readonly freeBytes: number; readonly ageMs: (segment: PresentSegment) => number | undefined },
): readonly Overdue[] {
  const overdue: Overdue[] = [];
  let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  // Asked once and then counted: a file system may free what was deleted later, and must not cost more than it has to.
  let free = freeBytes;
  for (const [index, segment] of kept.slice(0, -ALWAYS_KEPT).entries()) {
    const why = exceeded(limits, { count: kept.length - index, total, free, age: ageMs(segment) ?? 0 });
    if (why === undefined) break;
    overdue.push({ segment, why });
    total -= segment.bytes;
    free += segment.bytes;
  }
  return overdue;
}

function exceeded(
  { segments, bytes, ms, freeBytes }: Retention,
  { count, total, free, age }: Readonly<Record<'count' | 'total' | 'free' | 'age', number>>,
): string | undefined {
  if (segments !== undefined && count > segments) return `more than ${segments} segments`;
  if (bytes !== undefined && total > bytes) return `more than ${bytes} bytes`;
  if (ms !== undefined && age > ms) return `older than ${ms} ms`;
  if (freeBytes !== undefined && free < freeBytes) return `less than ${freeBytes} bytes free`;
  return undefined;
}

/** Input of the retention policy beside the manifest. */
export interface RetentionFacts {
  readonly ageMs: (segment: PresentSegment) => number | undefined;
  /** Its file is not there: it neither counts nor goes. */
  readonly isMissing: (segment: PresentSegment) => boolean;
  /** This segment and what comes after it stays. */
  readonly isBlocked: (segment: PresentSegment) => boolean;
  readonly onDeleted: (departed: Departed) => void;
  readonly signal: AbortSignal;
}

/**
 * Deletes sealed segments, oldest first, while a limit is exceeded. The manifest says so before the files go, so that
 * a missing segment is never a mystery; what was announced and is still there is finished before anything else.
 */
export async function applyRetention(
  held: LockedFolder,
  limits: Retention,
  { ageMs, isMissing, isBlocked, onDeleted, signal }: RetentionFacts,
): Promise<void> {
  const { environment, folder, manifest } = held;
  await finishDepartures(held, { onDeparted: onDeleted, signal });
  const kept = manifest.state.oldestFirst().filter((segment) => !isMissing(segment));
  const free = limits.freeBytes === undefined ? Infinity : await freeBytes(environment.files, folder);
  const overdue = overdueSegments(kept, limits, { freeBytes: free, ageMs });
  const blocked = overdue.findIndex(({ segment }) => isBlocked(segment));
  const going = overdue.slice(0, blocked < 0 ? undefined : blocked);
  for (let from = 0; from < going.length && !signal.aborted; from += BATCH) {
    const at = new Date(environment.clock.wallMs()).toISOString();
    const entries = going.slice(from, from + BATCH).map(({ segment: { file, entry }, why }) => {
      return { kind: 'deleted', file, segment: entry.file, why, at } as const;
    });
    await manifest.append(...entries);
    await finishDepartures(held, { onDeparted: onDeleted, signal });
  }
}

/** A file system that does not say how much is free sets no limit. */
const freeBytes = (files: Files, folder: string): Promise<number> =>
  files.statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Infinity,
  );

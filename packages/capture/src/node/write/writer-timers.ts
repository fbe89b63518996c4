import { LOCK_REFRESH_MS } from '../lock/folder-lock.ts';
import type { FolderLock } from '../lock/folder-lock.ts';
import { repeat } from '../system/timers.ts';
import type { WriterSettings } from './options.ts';

const CLOCK_CHECK_MS = 250;
const SPACE_CHECK_MS = 5_000;

interface Duties {
  checkClock(): void;
  sync(): void;
}

/** Starts the periodic tasks of a writer. None keeps the process alive. Returns a function that stops them. */
export function startWriterTimers(settings: WriterSettings, lock: FolderLock, duties: Duties): () => void {
  const { timers, fsync } = settings;
  const checkSpace = createSpaceCheck(settings);
  const stops = [
    repeat(timers, CLOCK_CHECK_MS, () => duties.checkClock()),
    // A lock file that can't be touched is still held; the next touch may work.
    repeat(timers, LOCK_REFRESH_MS, () => void lock.refresh().catch(() => undefined)),
    repeat(timers, SPACE_CHECK_MS, () => void checkSpace()),
  ];
  if (typeof fsync === 'object') stops.push(repeat(timers, fsync.everyMs, () => duties.sync()));
  return () => {
    for (const stop of stops) stop();
  };
}

/** Reports low space once, until there is enough again. */
function createSpaceCheck({ files, folder, lowSpaceBytes, emit }: WriterSettings): () => Promise<void> {
  let low = false;
  return async () => {
    const free = await files.statfs(folder).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => Number.POSITIVE_INFINITY,
    );
    if (free < lowSpaceBytes && !low) emit({ kind: 'low-space', freeBytes: free });
    low = free < lowSpaceBytes;
  };
}

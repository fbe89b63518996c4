import { LOCK_REFRESH_MS } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';
import type { WriterSettings } from './writer-options.ts';

const CLOCK_CHECK_MS = 250;
const SPACE_CHECK_MS = 5_000;

interface Duties {
  checkClock(): void;
  sync(): void;
}

/** What a writer does without being asked. None of it keeps the process alive. Returns how to stop it. */
export function startWriterTimers(settings: WriterSettings, lock: FolderLock, duties: Duties): () => void {
  const checkSpace = createSpaceCheck(settings);
  const timers = [
    setInterval(() => duties.checkClock(), CLOCK_CHECK_MS),
    // A lock file that can't be touched is still held; the next touch may work.
    setInterval(() => void lock.refresh().catch(() => undefined), LOCK_REFRESH_MS),
    setInterval(() => void checkSpace(), SPACE_CHECK_MS),
  ];
  if (typeof settings.fsync === 'object')
    timers.push(setInterval(() => duties.sync(), settings.fsync.everyMs));
  for (const timer of timers) timer.unref();
  return () => {
    for (const timer of timers) clearInterval(timer);
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

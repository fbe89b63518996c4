import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';

/** Writing wakes a reader at most so often. */
const SETTLE_MS = 20;

/** Says when something in a folder may have changed. */
export interface FolderChanges {
  /**
   * Resolves when the system says that something changed, and at the latest after `pollMs`: not every file system
   * says anything. Rejects with the signal's reason when it aborts; resolves at once when `stop` does.
   */
  next(): Promise<void>;
  close(): void;
}

export function watchChanges(
  folder: string,
  {
    pollMs,
    signal,
    stop,
  }: { readonly pollMs: number; readonly signal?: AbortSignal; readonly stop: AbortSignal },
): FolderChanges {
  let changed = false;
  let wake: (() => void) | undefined;
  const watcher = watcherOf(folder, () => {
    changed = true;
    wake?.();
  });

  /** Waits for `ms`, or until something ends the wait early. */
  async function wait(ms: number, early: boolean): Promise<void> {
    if (signal?.aborted === true || stop.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        stop.removeEventListener('abort', end);
        wake = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener('abort', end, { once: true });
      stop.addEventListener('abort', end, { once: true });
      if (early) wake = end;
    });
  }

  return {
    async next() {
      await wait(SETTLE_MS, false);
      if (!changed) await wait(Math.max(0, pollMs - SETTLE_MS), true);
      changed = false;
      signal?.throwIfAborted();
    },
    close: () => watcher?.close(),
  };
}

/** Returns `undefined` where the system cannot watch a folder, or has no watches left. */
function watcherOf(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

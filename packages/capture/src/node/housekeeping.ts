import { compressSegment } from './compression.ts';
import { applyRetention } from './retention.ts';
import type { WriterSettings } from './writer-options.ts';

/** How long closing waits for segments that are still being compressed. The next start goes on with the rest. */
const FINISH_MS = 1_500;

/** What happens to sealed segments beside the writing, one after the other. Nothing in here can stop a recording. */
export interface Housekeeping {
  /** The name of a segment that has been sealed. */
  take(file: string): void;
  finish(): Promise<void>;
}

export function startHousekeeping(settings: WriterSettings): Housekeeping {
  const abort = new AbortController();
  /** Segments whose turn has not come yet. Retention may take one of them first. */
  const waiting = new Set<string>();
  let work = Promise.resolve();

  async function tend(file: string): Promise<void> {
    if (abort.signal.aborted) return;
    if (waiting.delete(file)) await compress(settings, file, abort.signal);
    for (const deleted of await clearUp(settings)) waiting.delete(deleted);
  }

  return {
    take(file) {
      waiting.add(file);
      work = work.then(() => tend(file));
    },
    async finish() {
      const cancel = settings.timers.after(FINISH_MS, () => abort.abort());
      await work;
      cancel();
      abort.abort();
    },
  };
}

async function compress(settings: WriterSettings, file: string, signal: AbortSignal): Promise<void> {
  const { folder, compress: how, emit } = settings;
  if (how === 'none') return;
  try {
    emit({ kind: 'compressed', ...(await compressSegment(settings, { folder, file }, how, signal)) });
  } catch (error) {
    if (!signal.aborted) emit({ kind: 'compress-failed', file, error });
  }
}

/** Deletes what retention asks for and returns the names of those files. */
async function clearUp({
  files,
  folder,
  retention,
  clock,
  emit,
}: WriterSettings): Promise<readonly string[]> {
  if (retention === undefined) return [];
  try {
    const deleted = await applyRetention(files, folder, retention, clock.wallMs());
    for (const one of deleted) emit({ kind: 'deleted', ...one });
    return deleted.map(({ file }) => file);
  } catch (error) {
    emit({ kind: 'delete-failed', error });
    return [];
  }
}

import { setTimeout } from 'node:timers/promises';
import type { SealedEntry } from '../manifest.ts';
import { compressSegment } from './compression.ts';
import { applyRetention } from './retention.ts';
import type { WriterSettings } from './writer-options.ts';

/** How long closing waits for segments that are still being compressed. The next start goes on with the rest. */
const FINISH_MS = 1_500;

/** What happens to sealed segments beside the writing, one after the other. Nothing in here can stop a recording. */
export interface Housekeeping {
  take(sealed: Pick<SealedEntry, 'file' | 'sha256'>): void;
  finish(): Promise<void>;
}

export function startHousekeeping(settings: WriterSettings): Housekeeping {
  const abort = new AbortController();
  let work = Promise.resolve();

  async function tend(sealed: Pick<SealedEntry, 'file' | 'sha256'>): Promise<void> {
    if (abort.signal.aborted) return;
    await compress(settings, sealed, abort.signal);
    await clearUp(settings);
  }

  return {
    take(sealed) {
      work = work.then(() => tend(sealed));
    },
    async finish() {
      const timer = new AbortController();
      await Promise.race([work, setTimeout(FINISH_MS, undefined, { signal: timer.signal })]);
      timer.abort();
      abort.abort();
      await work;
    },
  };
}

async function compress(
  { files, folder, compress: how, emit }: WriterSettings,
  { file, sha256 }: Pick<SealedEntry, 'file' | 'sha256'>,
  signal: AbortSignal,
): Promise<void> {
  if (how === 'none') return;
  try {
    emit({ kind: 'compressed', ...(await compressSegment(files, { folder, file, sha256 }, how, signal)) });
  } catch (error) {
    if (!signal.aborted) emit({ kind: 'compress-failed', file, error });
  }
}

async function clearUp({ files, folder, retention, clock, emit }: WriterSettings): Promise<void> {
  if (retention === undefined) return;
  try {
    for (const one of await applyRetention(files, folder, retention, clock.wallMs()))
      emit({ kind: 'deleted', ...one });
  } catch (error) {
    emit({ kind: 'delete-failed', error });
  }
}

import { join } from 'node:path';
import type { SealedEntry } from '../manifest.ts';
import { errnoOf, ioError, remove, syncFolder } from './files.ts';
import type { Files } from './files.ts';
import { presentSegments, readManifest } from './manifest-file.ts';
import { appendToManifest } from './sealing.ts';
import type { Retention } from './writer-options.ts';

/** However tight the limits are, these stay: the end of the recording and where it began. */
const ALWAYS_KEPT = 2;

/** A file that was deleted, and the limit it had to go for. */
interface Deleted {
  readonly file: string;
  readonly why: string;
}

interface Kept {
  readonly entry: SealedEntry;
  readonly file: string;
  readonly bytes: number;
}

/**
 * Deletes sealed segments, oldest first, while a limit is exceeded. The manifest says so before the file
 * goes, so that a missing segment is never a mystery. Returns what was deleted.
 */
export async function applyRetention(
  files: Files,
  folder: string,
  limits: Retention,
  nowMs: number,
): Promise<readonly Deleted[]> {
  const kept = await listKept(files, folder);
  const deleted: Deleted[] = [];
  // Asked once and then counted: a file system may free what was deleted later, and must not cost more than it has to.
  let free = limits.freeBytes === undefined ? Number.POSITIVE_INFINITY : await freeBytes(files, folder);
  while (kept.length > ALWAYS_KEPT) {
    const oldest = kept[0] as Kept;
    const why = exceeded(kept, limits, { nowMs, free });
    if (why === undefined) break;
    try {
      const at = new Date(nowMs).toISOString();
      await appendToManifest(files, folder, {
        kind: 'deleted',
        file: oldest.file,
        segment: oldest.entry.file,
        why,
        at,
      });
      await remove(files, join(folder, oldest.file));
      await remove(files, join(folder, `${oldest.file}.sha256`));
    } catch (error) {
      throw ioError('delete', join(folder, oldest.file), error);
    }
    deleted.push({ file: oldest.file, why });
    free += oldest.bytes;
    kept.shift();
  }
  if (deleted.length > 0) await syncFolder(files, folder);
  return deleted;
}

/** Which limit the oldest segment has to go for. */
function exceeded(
  kept: readonly Kept[],
  limits: Retention,
  { nowMs, free }: { readonly nowMs: number; readonly free: number },
): string | undefined {
  const total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  if (limits.segments !== undefined && kept.length > limits.segments)
    return `more than ${limits.segments} segments`;
  if (limits.bytes !== undefined && total > limits.bytes) return `more than ${limits.bytes} bytes`;
  const oldest = kept[0];
  const age = nowMs - Date.parse(oldest?.entry.at ?? '');
  if (limits.ms !== undefined && age > limits.ms) return `older than ${limits.ms} ms`;
  if (limits.freeBytes !== undefined && free < limits.freeBytes)
    return `less than ${limits.freeBytes} bytes free`;
  return undefined;
}

/** A file system that does not say how much is free sets no limit. */
const freeBytes = (files: Files, folder: string): Promise<number> =>
  files.statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Number.POSITIVE_INFINITY,
  );

async function listKept(files: Files, folder: string): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (const { entry, file } of presentSegments(await readManifest(files, folder)).values()) {
    try {
      const { size } = await files.stat(join(folder, file));
      kept.push({ entry, file, bytes: size });
    } catch (error) {
      // Moved away by somebody: not ours to count.
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  return kept;
}

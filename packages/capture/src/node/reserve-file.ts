import { join } from 'node:path';
import { createFile, remove, writeFully } from './files.ts';
import type { Files } from './files.ts';
import { RESERVE } from '../segment-names.ts';

/** A file that stands for nothing but its space: given back when the disk is full, so that what is there can be sealed. */
export interface ReserveFile {
  /** Fills it. Throws, and leaves nothing behind, when there is no room. */
  readonly fill: () => Promise<void>;
  readonly release: () => Promise<void>;
}

export function createReserveFile(files: Files, folder: string, bytes: number): ReserveFile {
  const path = join(folder, RESERVE);
  const release = (): Promise<void> => remove(files, path);
  return {
    release,
    async fill() {
      if (bytes === 0) return;
      const handle = await createFile(files, path);
      try {
        // Written, not only sized: a file with a hole in it has no space of its own.
        await writeFully(handle, Buffer.alloc(bytes), 0);
        await handle.datasync();
      } catch (error) {
        await release().catch(() => undefined);
        throw error;
      } finally {
        await handle.close();
      }
    },
  };
}

import { join } from 'node:path';
import { createFile, remove, writeFully } from './file-system.ts';
import type { Files } from './file-system.ts';
import { RESERVE } from '../../format/segment-name.ts';

const ZEROS = Buffer.alloc(64 * 1024);

/** A file that stands for nothing but its space: given back when the disk is full, so that what is there can be sealed. */
export interface ReserveFile {
  /** Fills it. Throws, and leaves nothing behind, when there is no room. */
  readonly fill: () => Promise<void>;
  /**
   * Throws while there is no room for as much again, so that a writer that stopped for a full disk does not start
   * for a few bytes. The reserve stays as it is; one that could not be filled before is filled now.
   */
  readonly probe: () => Promise<void>;
  readonly release: () => Promise<void>;
}

export function createReserveFile(files: Files, folder: string, bytes: number): ReserveFile {
  const path = join(folder, RESERVE);
  const beside = `${path}.tmp`;
  let held = false;

  async function write(to: string): Promise<void> {
    const handle = await createFile(files, to);
    try {
      // Written, not only sized: a file with a hole in it has no space of its own.
      for (let at = 0; at < bytes; at += ZEROS.length) {
        await writeFully(handle, ZEROS.subarray(0, bytes - at), at);
      }
      await handle.datasync();
    } catch (error) {
      await remove(files, to).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
  }

  async function fill(): Promise<void> {
    if (bytes === 0) return;
    // A probe that a crash cut short.
    await remove(files, beside);
    await write(path);
    held = true;
  }

  return {
    fill,
    async probe() {
      if (!held) return await fill();
      await write(beside);
      await remove(files, beside);
    },
    async release() {
      await remove(files, path);
      held = false;
    },
  };
}

import { systemError, watchedFiles } from '../faulty-files.ts';
import type { Files } from '@feedtape/capture/node';

/** A disk with room for so many bytes, which fills up as a real one does: a short write first, then the error. */
export interface LimitedDisk {
  readonly files: Files;
  capacity: number;
  readonly used: number;
  /** How often it said that it is full. */
  readonly refused: number;
}

/** `onRefused` runs when the disk has just refused, so that a test can make room between two writes. */
export function limitedDisk(capacity: number, onRefused?: (disk: LimitedDisk) => void): LimitedDisk {
  const sizes = new Map<string, number>();
  let refused = 0;
  const used = (): number => [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const refuse = (): never => {
    refused += 1;
    onRefused?.(disk);
    throw systemError('ENOSPC');
  };
  const watched = watchedFiles(({ name, path, bytes = 0, position }) => {
    if (name === 'unlink') sizes.delete(path);
    if (name === 'truncate') sizes.set(path, position ?? 0);
    if (name !== 'write') return undefined;
    const size = sizes.get(path) ?? 0;
    const from = position ?? size;
    const room = disk.capacity - used();
    const needed = Math.max(0, from + bytes - size);
    if (needed > room && room <= 0) refuse();
    const allowed = Math.min(bytes, Math.max(1, bytes - (needed - room)));
    sizes.set(path, Math.max(size, from + allowed));
    return allowed;
  });
  const files: Files = {
    ...watched,
    async rename(from: string, to: string) {
      await watched.rename(from, to);
      const size = sizes.get(from);
      sizes.delete(from);
      if (size !== undefined) sizes.set(to, size);
    },
  } as Files;
  const disk: LimitedDisk = {
    files,
    capacity,
    get used() {
      return used();
    },
    get refused() {
      return refused;
    },
  };
  return disk;
}

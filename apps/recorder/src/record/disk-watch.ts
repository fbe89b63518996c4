import { statfs } from 'node:fs/promises';
import type { RecordingStatus } from '../status/model/recording-status.ts';

/** Looks at the space of a folder's disk until it is stopped. */
export interface DiskWatch {
  stop(): void;
}

/** Tells the status how much of the folder's disk is free, now and every five seconds. */
export function watchDisk(
  folder: string,
  status: Pick<RecordingStatus, 'observeCapture'>,
  everyMs: number = 5000,
): DiskWatch {
  const look = async (): Promise<void> => {
    try {
      const { bavail, blocks, bsize } = await statfs(folder);
      const disk = { kind: 'disk', freeBytes: bavail * bsize, totalBytes: blocks * bsize } as const;
      status.observeCapture(disk, performance.now());
    } catch {
      // A file system that does not say leaves the figure out; whether it can be written is the writer's to tell.
    }
  };
  void look();
  const timer = setInterval(() => void look(), everyMs).unref();
  return { stop: () => clearInterval(timer) };
}

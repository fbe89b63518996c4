import { statfs } from 'node:fs/promises';
import type { RecordingStatus } from '../status/model/recording-status.ts';

/** Reports the free space of the folder's disk to the status, now and every five seconds. Returns how to stop. */
export function watchDisk(
  folder: string,
  status: Pick<RecordingStatus, 'observeCapture'>,
  everyMs: number = 5000,
): () => void {
  const look = async (): Promise<void> => {
    try {
      const { bavail, blocks, bsize } = await statfs(folder);
      const disk = { kind: 'disk', freeBytes: bavail * bsize, totalBytes: blocks * bsize } as const;
      status.observeCapture(disk, performance.now());
    } catch {
      // Some file systems do not say; the figure is then absent.
    }
  };
  void look();
  const timer = setInterval(() => void look(), everyMs).unref();
  return () => clearInterval(timer);
}

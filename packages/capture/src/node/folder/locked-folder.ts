import type { WriterEnvironment } from '../fs/environment.ts';
import { lockFolder } from '../lock/folder-lock.ts';
import type { FolderLock, LockOptions } from '../lock/folder-lock.ts';
import { pinFolder } from '../fs/pinned-folder.ts';
import { openManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';

/** A folder that this process alone writes to, until its lock is released or lost: only with one of these in hand. */
export interface LockedFolder<Environment extends WriterEnvironment = WriterEnvironment> {
  readonly environment: Environment;
  readonly folder: string;
  readonly lock: FolderLock;
  readonly manifest: Manifest;
}

/**
 * Takes a folder for writing: refuses one that is not safe, pins it, locks it, and reads its manifest.
 *
 * @throws CaptureError `CAPTURE_FOLDER_UNSAFE` or `CAPTURE_LOCKED`, or the system's error
 */
export async function takeFolder<Environment extends WriterEnvironment>(
  outside: Environment,
  folder: string,
  options: LockOptions = {},
): Promise<LockedFolder<Environment>> {
  const pinned = await pinFolder(outside.files, folder);
  const environment = { ...outside, files: pinned.files };
  try {
    const own = await lockFolder(environment, folder, options);
    const release = (): Promise<void> => own.release().finally(() => pinned.release());
    const lock = { ...own, release };
    try {
      return { environment, folder, lock, manifest: await openManifest(environment, folder, lock) };
    } catch (error) {
      await release();
      throw error;
    }
  } catch (error) {
    pinned.release();
    throw error;
  }
}

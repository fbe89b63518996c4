import { CaptureError } from '../capture-error.ts';
import type { WriterEnvironment } from './environment.ts';
import { ioError } from './files.ts';
import { lockFolder } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';
import { makeFolder } from './folders.ts';
import { pinFolder } from './pinned-folder.ts';
import type { WriterSettings } from './writer-options.ts';

/**
 * Makes the folder, for its owner alone. An existing folder keeps its mode, unless private frames would
 * land where others can read them.
 */
export async function prepareFolder(
  settings: Pick<WriterSettings, 'files' | 'folder' | 'private'>,
): Promise<void> {
  const { files, folder } = settings;
  try {
    await makeFolder(files, folder, 0o700);
  } catch (error) {
    throw ioError('mkdir', folder, error);
  }
  const mode = (await files.stat(folder)).mode & 0o777;
  if (settings.private && (mode & 0o077) !== 0) {
    throw new CaptureError('CAPTURE_FOLDER_READABLE', { folder, mode: mode.toString(8) });
  }
}

/** A folder that this process alone writes to, and its files, until the lock is released. */
interface TakenFolder<Environment> {
  readonly environment: Environment;
  readonly lock: FolderLock;
}

/**
 * Takes a folder for writing: refuses one that is not safe, pins it, and locks it.
 *
 * @throws CaptureError `CAPTURE_FOLDER_UNSAFE` or `CAPTURE_LOCKED`, or the system's error
 */
export async function takeFolder<Environment extends WriterEnvironment>(
  outside: Environment,
  folder: string,
): Promise<TakenFolder<Environment>> {
  const pinned = await pinFolder(outside.files, folder);
  const environment = { ...outside, files: pinned.files };
  try {
    const lock = await lockFolder(environment, folder);
    const release = (): Promise<void> => lock.release().finally(() => pinned.release());
    return { environment, lock: { ...lock, release } };
  } catch (error) {
    pinned.release();
    throw error;
  }
}

import { CaptureError } from '../../format/error.ts';
import { ioError } from './file-system.ts';
import type { Files } from './file-system.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Makes the folder, for its owner alone. An existing folder keeps its mode, unless private frames would
 * land where others can read them.
 */
export async function makeCaptureFolder(
  files: Files,
  folder: string,
  { isPrivate }: { readonly isPrivate: boolean },
): Promise<void> {
  try {
    await makeFolder(files, folder, 0o700);
  } catch (error) {
    throw ioError('mkdir', folder, error);
  }
  const mode = (await files.stat(folder)).mode & 0o777;
  if (isPrivate && (mode & 0o077) !== 0) {
    throw new CaptureError('CAPTURE_FOLDER_READABLE', { folder, mode: mode.toString(8) });
  }
}

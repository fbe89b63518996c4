import { dirname } from 'node:path';
import { errnoOf } from '../system/errno.ts';
import type { Files } from './file-system.ts';

/**
 * Makes a folder and those above it. One level at a time, because `mkdir` with `recursive` never comes back
 * where the folder above exists and nothing can be made in it, as in /proc (Node 20 to 26).
 *
 * @throws the system's error
 */
export async function makeFolder(
  files: Pick<Files, 'mkdir' | 'stat'>,
  folder: string,
  mode: number = 0o777,
): Promise<void> {
  try {
    await files.mkdir(folder, { mode });
  } catch (error) {
    const above = dirname(folder);
    if (errnoOf(error) === 'ENOENT' && above !== folder && !(await isFolder(files, above))) {
      await makeFolder(files, above, mode);
      await makeFolder(files, folder, mode);
    } else if (!(await isFolder(files, folder))) throw error;
  }
}

async function isFolder(files: Pick<Files, 'stat'>, path: string): Promise<boolean> {
  return files.stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

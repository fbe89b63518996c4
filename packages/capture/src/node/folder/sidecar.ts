import { join } from 'node:path';
import { encodeUtf8 } from '../../json/utf8.ts';
import { writeAtomically, remove, syncFolder } from '../fs/file-system.ts';
import type { LockedFolder } from './locked-folder.ts';

/** A line of sha256sum's format, so that `sha256sum -c` alone can check a file. */
export function sidecarLine(sha256: string, file: string): Uint8Array {
  return encodeUtf8(`${sha256}  ${file}\n`);
}

/** The sidecar first: one without its file would make `sha256sum -c` fail. */
export async function removeWithSidecar(
  { environment: { files }, folder }: Pick<LockedFolder, 'environment' | 'folder'>,
  file: string,
): Promise<void> {
  await remove(files, join(folder, `${file}.sha256`));
  await remove(files, join(folder, file));
}

/** Puts the sidecar of a file in place and makes its name durable. */
export async function placeSidecar(
  { environment: { files }, folder, lock }: LockedFolder,
  file: string,
  { sha256 }: { readonly sha256: string },
): Promise<void> {
  await lock.assertHeld();
  await writeAtomically(files, join(folder, `${file}.sha256`), sidecarLine(sha256, file));
  await syncFolder(files, folder);
}

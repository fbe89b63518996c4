import { basename, dirname, resolve } from 'node:path';
import { plainPath } from '../folder/capture-file.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import { isHeld } from '../lock/lock-holder.ts';
import { createFindings } from './finding.ts';
import type { Findings } from './finding.ts';
import { checkManifestFiles, readManifestRecords } from './folder-records.ts';
import type { ManifestRecords } from './folder-records.ts';

/** A folder with files that are verified. */
export interface VerifiedFolder {
  readonly path: string;
  /** It is verified as a whole, so its manifest counts. */
  readonly isWhole: boolean;
  /** Names of the sealed plain files of all segments that were listed. */
  readonly listed: ReadonlySet<string>;
  /** Somebody was writing to it when the reading began, or when it had ended. */
  isLive: boolean;
  manifest: ManifestRecords | undefined;
}

export type VerifiedFolders = ReadonlyMap<string, VerifiedFolder>;

/** Before the reading: `whole` are the resolved paths of folders that were named as such. */
export async function listVerifiedFolders(
  files: readonly CaptureFile[],
  whole: ReadonlySet<string>,
): Promise<VerifiedFolders> {
  const folders = new Map<string, VerifiedFolder>();
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
    const own = files.filter(({ path }) => dirname(path) === folder);
    folders.set(folder, {
      path: folder,
      isWhole: whole.has(resolve(folder)),
      listed: new Set(own.map((file) => basename(plainPath(file)))),
      isLive: await isHeld(folder),
      manifest: undefined,
    });
  }
  return folders;
}

/** After the reading: what the manifests say now, and whether what they name is there. */
export async function readFolderRecords(folders: VerifiedFolders, findings: Findings): Promise<void> {
  for (const folder of folders.values()) {
    folder.isLive ||= await isHeld(folder.path);
    if (!folder.isWhole) continue;
    folder.manifest = await readManifestRecords(folder.path, findings, folder.isLive);
    if (folder.manifest === undefined) continue;
    await checkManifestFiles(folder.manifest, folder.listed, findings, () => rereadManifest(folder.path));
  }
}

/** Reads the manifest again, without reporting its faults a second time. */
export function rereadManifest(folder: string): Promise<ManifestRecords | undefined> {
  return readManifestRecords(folder, createFindings(0), true);
}

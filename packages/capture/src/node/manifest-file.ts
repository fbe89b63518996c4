import { join } from 'node:path';
import { parseManifestEntry } from '../manifest.ts';
import type { ManifestEntry, SealedEntry } from '../manifest.ts';
import { errnoOf } from './files.ts';
import type { Files } from './files.ts';
import { MANIFEST } from '../segment-names.ts';

/** The history of a folder, oldest first; empty when there is none. Lines that a crash tore are left out. */
export async function readManifest(
  files: Pick<Files, 'readFile'>,
  folder: string,
): Promise<readonly ManifestEntry[]> {
  let text: string;
  try {
    text = await files.readFile(join(folder, MANIFEST), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => parseManifestEntry(line) ?? []);
}

/** The sealed segments that are still there, oldest first, and the file each of them is in now. */
export function presentSegments(
  entries: readonly ManifestEntry[],
): Map<string, { entry: SealedEntry; file: string }> {
  const present = new Map<string, { entry: SealedEntry; file: string }>();
  for (const entry of entries) {
    if (entry.kind === 'sealed') present.set(entry.file, { entry, file: entry.file });
    if (entry.kind === 'deleted' || entry.kind === 'moved') present.delete(entry.segment);
    if (entry.kind === 'compressed') {
      const segment = present.get(entry.from);
      if (segment !== undefined) segment.file = entry.file;
    }
  }
  return present;
}

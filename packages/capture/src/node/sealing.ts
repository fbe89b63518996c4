import { join } from 'node:path';
import { encodeManifestEntry } from '../manifest.ts';
import type { ManifestEntry, SealedEntry } from '../manifest.ts';
import { encodeUtf8 } from '../utf8.ts';
import type { WriterEnvironment } from './environment.ts';
import { errnoOf, ioError, persistently, placeFile, remove, syncFolder, writeFully } from './files.ts';
import type { Files } from './files.ts';
import type { EndedSegment } from './segment-file.ts';
import { isTemporaryName, MANIFEST } from '../segment-names.ts';
import type { SegmentName } from '../segment-names.ts';

/** A line of sha256sum's format, so that `sha256sum -c` alone can check a file. */
export function sidecarLine(sha256: string, file: string): Uint8Array {
  return encodeUtf8(`${sha256}  ${file}\n`);
}

/** The manifest's line for a segment that has its `end`. */
export function entryOf(
  { clock }: Pick<WriterEnvironment, 'clock'>,
  { plain, run, segment }: Pick<SegmentName, 'plain' | 'run' | 'segment'>,
  { bytes, lines, frames, gaps, identity, why }: EndedSegment,
): SealedEntry {
  const at = new Date(clock.wallMs()).toISOString();
  return { kind: 'sealed', file: plain, run, segment, bytes, lines, frames, gaps, sha256: identity, why, at };
}

/**
 * Gives a segment that has its `end` its final name: sidecar, rename, fsync of the folder, manifest. Each
 * step can be done again after a crash in the middle.
 */
export async function sealFile(
  { files, timers }: WriterEnvironment,
  folder: string,
  entry: SealedEntry,
): Promise<void> {
  const path = join(folder, entry.file);
  try {
    await persistently(timers, () =>
      placeFile(files, `${path}.sha256`, sidecarLine(entry.sha256, entry.file)),
    );
    await persistently(timers, () => files.rename(`${path}.partial`, path));
    await persistently(timers, () => syncFolder(files, folder));
    await persistently(timers, () => appendToManifest(files, folder, entry));
  } catch (error) {
    throw ioError('seal', path, error);
  }
}

/**
 * Adds a line to the manifest and makes it durable. A line that a crash tore is ended first, so that it
 * spoils no line but itself.
 */
export async function appendToManifest(files: Files, folder: string, entry: ManifestEntry): Promise<void> {
  const path = join(folder, MANIFEST);
  const handle = await files.open(path, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const line = encodeManifestEntry(entry);
    const torn = size > 0 && last[0] !== 0x0a;
    await writeFully(handle, torn ? Buffer.concat([Buffer.from('\n'), line]) : line, size);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Removes what a crash between two steps may leave behind beside a sealed file; anything else stays. */
export async function removeTemporaries(files: Files, folder: string): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const file of (await files.readdir(folder)).filter(isTemporaryName)) {
    try {
      await remove(files, join(folder, file));
      removed.push(file);
    } catch (error) {
      // A folder with such a name is no temporary of ours.
      if (!['EISDIR', 'EPERM'].includes(errnoOf(error))) throw error;
    }
  }
  return removed;
}

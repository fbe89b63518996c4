import { join } from 'node:path';
import type { Stamp } from '../records.ts';
import { blockOfGaps } from './block.ts';
import type { Block } from './block.ts';
import { errnoOf, ioError, nodeFiles, placeFile, remove, syncFolder } from './files.ts';
import type { Files, OpenFile } from './files.ts';
import { lockFolder } from './folder-lock.ts';
import { presentSegments, readManifest } from './manifest-file.ts';
import { scanPartial } from './partial-scan.ts';
import type { PartialScan } from './partial-scan.ts';
import { appendToManifest, entryOf, removeTemporaries, sealFile, sidecarLine } from './sealing.ts';
import { attachSegment } from './segment-file.ts';
import type { EndedSegment } from './segment-file.ts';
import { parseSegmentName } from './segment-names.ts';
import type { SegmentName } from './segment-names.ts';

/** A segment that a crash left behind, sealed now. */
export interface RepairedSegment {
  readonly file: string;
  readonly frames: number;
  /** Bytes of a line that was being written; they are in `<file>.torn`. */
  readonly tornBytes: number;
}

export interface RepairReport {
  readonly sealed: readonly RepairedSegment[];
  /** Files without a single whole line: nothing to seal. What bytes they had are in `<file>.torn`. */
  readonly empty: readonly string[];
  /** Sealed segments that were missing in the manifest. */
  readonly entered: readonly string[];
  /** Unfinished copies and temporaries; a whole copy of each is there under another name. */
  readonly removed: readonly string[];
}

/**
 * Seals what a crash left in a folder: cuts each `.partial` after its last newline, keeps the cut bytes as
 * `.torn`, states a gap of unknown extent for every connection that was open, and finishes what sealing or
 * compressing had begun. It changes no whole line, and does nothing to a folder that is in order.
 *
 * @throws CaptureError `CAPTURE_LOCKED` while a writer is at work, `CAPTURE_IO`.
 */
export async function repairCapture(
  folder: string,
  { files = nodeFiles }: { readonly files?: Files } = {},
): Promise<RepairReport> {
  const lock = await lockFolder(files, folder);
  try {
    return await repairFolder(files, folder);
  } finally {
    await lock.release();
  }
}

/** {@link repairCapture} for who holds the folder's lock. */
export async function repairFolder(files: Files, folder: string): Promise<RepairReport> {
  const removed = [...(await removeTemporaries(files, folder))];
  const names = (await files.readdir(folder)).toSorted().flatMap((file) => parseSegmentName(file) ?? []);
  const sealed: RepairedSegment[] = [];
  const empty: string[] = [];
  for (const name of names.filter(({ form }) => form === 'partial')) {
    const repaired = await sealPartial(files, folder, name);
    if (repaired === undefined) empty.push(name.file);
    else sealed.push(repaired);
  }
  const plain = new Set(names.filter(({ form }) => form === 'plain').map(({ file }) => file));
  for (const { file, form, plain: original } of names) {
    if ((form !== 'zst' && form !== 'gz') || !plain.has(original)) continue;
    // The plain file goes last, so this copy was not finished.
    await remove(files, join(folder, file));
    await remove(files, join(folder, `${file}.sha256`));
    removed.push(file);
  }
  const entered = await enterMissing(files, folder, names);
  return { sealed, empty, entered, removed };
}

async function sealPartial(
  files: Files,
  folder: string,
  name: SegmentName,
): Promise<RepairedSegment | undefined> {
  const path = join(folder, name.file);
  let handle: OpenFile | undefined;
  try {
    handle = await files.open(path, 'r+');
    const scan = await scanPartial(handle);
    if (scan.torn.length > 0) {
      await keepTorn(files, join(folder, `${name.plain}.torn`), scan.torn);
      await syncFolder(files, folder);
    }
    if (scan.lines === 0) {
      await handle.close();
      await remove(files, path);
      await syncFolder(files, folder);
      return undefined;
    }
    if (scan.torn.length > 0) await handle.truncate(scan.bytes);
    const ended = await finish(handle, folder, name, scan);
    await sealFile(files, folder, entryOf(name, ended));
    return { file: name.plain, frames: ended.frames, tornBytes: scan.torn.length };
  } catch (error) {
    await handle?.close().catch(() => undefined);
    throw ioError('repair', path, error);
  }
}

/** Writes the `end`, unless the crash came after that. */
async function finish(
  handle: OpenFile,
  folder: string,
  name: SegmentName,
  scan: PartialScan,
): Promise<EndedSegment> {
  const { bytes, lines, frames, gaps, hash, end, open, stamp } = scan;
  if (end !== undefined) {
    await handle.datasync();
    await handle.close();
    return { ...end, bytes, identity: hash.digest('hex') };
  }
  const { run, segment } = name;
  const file = attachSegment({ folder, handle, run, segment, hash, offset: bytes, lines, frames, gaps });
  if (open.length > 0 && stamp !== undefined) await file.write(crashGaps(open, stamp));
  return await file.end('crash');
}

function crashGaps(connections: readonly number[], { at, mono }: Stamp): Block {
  return blockOfGaps(
    connections.map((connection) => ({ kind: 'gap', connection, at, mono, why: 'crash', count: null })),
  );
}

/** Beside what an earlier repair kept, if that was something else. */
async function keepTorn(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const name = attempt === 0 ? path : `${path}.${attempt}`;
    const there = await readIfThere(files, name);
    if (there === undefined) {
      await placeFile(files, name, bytes);
      return;
    }
    if (there.equals(bytes)) return;
  }
}

async function readIfThere(files: Files, path: string): Promise<Buffer | undefined> {
  try {
    return await files.readFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A crash between the rename and the manifest's line leaves a sealed file that the manifest does not know. */
async function enterMissing(files: Files, folder: string, names: readonly SegmentName[]): Promise<string[]> {
  const known = presentSegments(await readManifest(files, folder));
  const entered: string[] = [];
  for (const name of names) {
    if (name.form !== 'plain' || known.has(name.file)) continue;
    const handle = await files.open(join(folder, name.file), 'r');
    const { end, bytes, hash } = await scanPartial(handle);
    await handle.close();
    // Without an `end` it is no segment of ours to vouch for; `verify` will say so.
    if (end === undefined) continue;
    const entry = entryOf(name, { ...end, bytes, identity: hash.digest('hex') });
    await placeFile(files, join(folder, `${name.file}.sha256`), sidecarLine(entry.sha256, entry.file));
    await appendToManifest(files, folder, entry);
    entered.push(name.file);
  }
  return entered;
}

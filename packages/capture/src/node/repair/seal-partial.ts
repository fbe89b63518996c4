import { basename, dirname, join } from 'node:path';
import { CaptureError } from '../../format/error.ts';
import type { SealedEntry } from '../../format/manifest-entry.ts';
import type { EndReason, Stamp } from '../../format/records.ts';
import { blockOfRecords } from '../segment/block.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import { createFile, ioError, remove, syncFolder, writeFully } from '../fs/file-system.ts';
import { errnoOf } from '../system/errno.ts';
import type { Files, OpenFile } from '../fs/file-system.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import { scanPartial } from '../segment/scan-partial.ts';
import type { PartialScan } from '../segment/scan-partial.ts';
import { createSealing } from '../seal/seal.ts';
import { entryOf } from '../segment/sealed-entry.ts';
import { attachSegment } from '../segment/segment-file.ts';
import type { EndedSegment } from '../segment/segment-file.ts';
import { parseSegmentName } from '../../format/segment-name.ts';
import type { SegmentName } from '../../format/segment-name.ts';

const COPY_BYTES = 1024 * 1024;
const NOTHING = Buffer.alloc(COPY_BYTES);

/** A segment that was left behind and has its `end` now. */
interface EndedPartial {
  readonly entry: SealedEntry;
  /** Bytes of a line that was being written; they are in `<file>.torn`. */
  readonly tornBytes: number;
}

export interface SealOptions {
  /**
   * The sha256 that the next segment names: where it fits, nothing is missing here, the crash came between
   * opening the next segment and sealing this one.
   */
  readonly complete?: string | null | undefined;
  /** Called with the bytes of each read. */
  readonly onRead?: (bytes: number) => void;
}

/** {@link endPartial}, and gives the segment its name. */
export async function sealPartial(
  held: LockedFolder,
  path: string,
  why: EndReason,
  options: SealOptions = {},
): Promise<EndedPartial | undefined> {
  const ended = await endPartial(held.environment, path, why, options);
  if (ended !== undefined) await createSealing(held, ended.entry).run();
  return ended;
}

/**
 * Ends a `.partial` that nobody writes: cuts it after its last newline, keeping what is cut, and adds what is missing
 * of the end. A file without a whole line goes; the result is then `undefined`.
 */
async function endPartial(
  environment: WriterEnvironment,
  path: string,
  why: EndReason,
  { complete, onRead }: SealOptions = {},
): Promise<EndedPartial | undefined> {
  const { files } = environment;
  const folder = dirname(path);
  const name = parseSegmentName(basename(path));
  if (name === undefined) throw new CaptureError('CAPTURE_NOT_FOUND', { path });
  let handle: OpenFile | undefined;
  try {
    handle = await files.open(path, 'r+');
    let scan = await scanPartial(handle, path, onRead);
    const torn = { handle, from: scan.soundBytes, bytes: scan.size - scan.soundBytes };
    if (torn.bytes > 0) {
      await keepTorn(files, join(folder, `${name.plain}.torn`), torn);
      await syncFolder(files, folder);
    }
    if (scan.soundBytes < scan.bytes) {
      await handle.truncate(scan.soundBytes);
      scan = await scanPartial(handle, path);
    }
    if (scan.lines === 0) {
      await handle.close();
      await remove(files, path);
      await syncFolder(files, folder);
      return undefined;
    }
    if (scan.torn.length > 0) await handle.truncate(scan.bytes);
    const whole = scan.hash.copy().digest('hex') === complete;
    const ended = await finish(handle, folder, name, { scan, why: whole ? 'rotate' : why });
    return { entry: entryOf(environment, name, ended), tornBytes: torn.bytes };
  } catch (error) {
    await handle?.close().catch(() => undefined);
    throw ioError('repair', path, error);
  }
}

/**
 * Puts a copy in the place of a `.partial` whose writer may not know yet that it lost the folder: what that still
 * writes goes into a file without a name, and no byte that is sealed can change.
 */
export async function detachPartial(files: Files, path: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await copyFile(files, path, temporary);
    await files.rename(temporary, path);
    await syncFolder(files, dirname(path));
  } catch (error) {
    throw ioError('copy', path, error);
  }
}

async function copyFile(files: Files, from: string, to: string): Promise<void> {
  // To write, although it is only read: what may not be written to is not ours to replace.
  const source = await files.open(from, 'r+');
  try {
    // What cannot be sealed is not copied either: it may have no end.
    await scanPartial(source, from);
    const target = await createFile(files, to);
    try {
      await copyBytes(source, target);
      await target.datasync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyBytes(source: OpenFile, target: OpenFile, from = 0): Promise<void> {
  const chunk = Buffer.allocUnsafe(COPY_BYTES);
  for (let position = 0; ;) {
    const { bytesRead } = await source.read(chunk, 0, COPY_BYTES, from + position);
    if (bytesRead === 0) return;
    const piece = chunk.subarray(0, bytesRead);
    position += bytesRead;
    // A hole stays one: the copy takes no more room than the file.
    if (piece.equals(NOTHING.subarray(0, bytesRead))) await target.truncate(position);
    else await writeFully(target, piece, position - bytesRead);
  }
}

interface PartialEnd {
  readonly scan: PartialScan;
  readonly why: EndReason;
}

/** Writes the `end`, unless that is there already. */
async function finish(
  handle: OpenFile,
  folder: string,
  { run, segment }: SegmentName,
  { scan, why }: PartialEnd,
): Promise<EndedSegment> {
  const { bytes, lines, frames, gaps, hash, end, open, stamp } = scan;
  if (end !== undefined) {
    await handle.datasync();
    await handle.close();
    return { ...end, bytes, identity: hash.digest('hex') };
  }
  const file = attachSegment({ folder, handle, run, segment, hash, offset: bytes, lines, frames, gaps });
  if (why === 'crash' && open.length > 0 && stamp !== undefined) await file.write([crashGaps(open, stamp)]);
  return await file.end(why);
}

function crashGaps(connections: readonly number[], { at, mono }: Stamp): ReturnType<typeof blockOfRecords> {
  return blockOfRecords(
    connections.map((connection) => ({ kind: 'gap', connection, at, mono, why: 'crash', count: null })),
  );
}

/** The end of a file that is to be cut. */
interface TornEnd {
  readonly handle: OpenFile;
  readonly from: number;
  readonly bytes: number;
}

/** Keeps what stands in a `.partial` from a byte on, as its sealing does. */
export async function keepTornEnd(files: Files, partial: string, from: number): Promise<void> {
  const handle = await files.open(partial, 'r');
  try {
    const { size } = await handle.stat();
    await keepTorn(files, partial.replace(/partial$/, 'torn'), { handle, from, bytes: size - from });
  } finally {
    await handle.close();
  }
}

/** Beside what an earlier repair kept, if that was something else. */
async function keepTorn(files: Files, path: string, torn: TornEnd): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const name = attempt === 0 ? path : `${path}.${attempt}`;
    const there = await holds(files, name, torn);
    if (there === undefined) await placeTorn(files, name, torn);
    if (there !== false) return;
  }
}

async function placeTorn(files: Files, path: string, torn: TornEnd): Promise<void> {
  const temporary = `${path}.tmp`;
  const target = await createFile(files, temporary);
  try {
    await copyBytes(torn.handle, target, torn.from);
    await target.datasync();
  } finally {
    await target.close();
  }
  await files.rename(temporary, path);
}

/** Whether a file holds these bytes and no others; `undefined` when it is not there. */
async function holds(files: Files, path: string, torn: TornEnd): Promise<boolean | undefined> {
  let file: OpenFile;
  try {
    file = await files.open(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    if (errnoOf(error) === 'CAPTURE_UNSAFE') return false;
    throw error;
  }
  try {
    const chunk = Buffer.allocUnsafe(COPY_BYTES);
    const other = Buffer.allocUnsafe(COPY_BYTES);
    for (let position = 0; ;) {
      const { bytesRead } = await file.read(chunk, 0, COPY_BYTES, position);
      if (bytesRead === 0) return position === torn.bytes;
      const same = await torn.handle.read(other, 0, bytesRead, torn.from + position);
      if (!chunk.subarray(0, bytesRead).equals(other.subarray(0, same.bytesRead))) return false;
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}

import { basename, dirname, join } from 'node:path';
import { CaptureError } from '../capture-error.ts';
import type { SealedEntry } from '../manifest.ts';
import type { EndReason, Stamp } from '../records.ts';
import { blockOfRecords } from './block.ts';
import type { WriterEnvironment } from './environment.ts';
import { errnoOf, ioError, placeFile, remove, syncFolder } from './files.ts';
import type { Files, OpenFile } from './files.ts';
import { scanPartial } from './partial-scan.ts';
import type { PartialScan } from './partial-scan.ts';
import { entryOf, sealFile } from './sealing.ts';
import { attachSegment } from './segment-file.ts';
import type { EndedSegment } from './segment-file.ts';
import { parseSegmentName } from '../segment-names.ts';
import type { SegmentName } from '../segment-names.ts';

/** A segment that was left behind, sealed now. */
interface SealedPartial extends SealedEntry {
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

/**
 * Seals a `.partial` that nobody writes: cuts it after its last newline, keeping what is cut, adds what is
 * missing of the end, and gives it its name. A file without a whole line goes; the result is then `undefined`.
 */
export async function sealPartial(
  environment: WriterEnvironment,
  path: string,
  why: EndReason,
  { complete, onRead }: SealOptions = {},
): Promise<SealedPartial | undefined> {
  const { files } = environment;
  const folder = dirname(path);
  const name = parseSegmentName(basename(path));
  if (name === undefined) throw new CaptureError('CAPTURE_NOT_FOUND', { path });
  let handle: OpenFile | undefined;
  try {
    handle = await files.open(path, 'r+');
    const scan = await scanPartial(handle, onRead);
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
    const whole = scan.hash.copy().digest('hex') === complete;
    const ended = await finish(handle, folder, name, { scan, why: whole ? 'rotate' : why });
    const entry = entryOf(environment, name, ended);
    await sealFile(environment, folder, entry);
    return { ...entry, tornBytes: scan.torn.length };
  } catch (error) {
    await handle?.close().catch(() => undefined);
    throw ioError('repair', path, error);
  }
}

interface Finding {
  readonly scan: PartialScan;
  readonly why: EndReason;
}

/** Writes the `end`, unless that is there already. */
async function finish(
  handle: OpenFile,
  folder: string,
  { run, segment }: SegmentName,
  { scan, why }: Finding,
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

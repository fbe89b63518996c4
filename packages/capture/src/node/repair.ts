import { join } from 'node:path';
import { CaptureError, isCaptureError } from '../capture-error.ts';
import { createRecordDecoder } from '../record-decoder.ts';
import { takeFolder } from './capture-folder.ts';
import { environmentOf } from './environment.ts';
import type { WriterEnvironment } from './environment.ts';
import { errnoOf, ioError, placeFile, remove } from './files.ts';
import type { Files } from './files.ts';
import { presentSegments, readManifest } from './manifest-file.ts';
import { scanPartial } from './partial-scan.ts';
import { sealPartial } from './seal-partial.ts';
import { appendToManifest, entryOf, removeTemporaries, sidecarLine } from './sealing.ts';
import { parseSegmentName } from '../segment-names.ts';
import type { SegmentName } from '../segment-names.ts';

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

export interface RepairOptions {
  /** The file system; `node:fs/promises` by default. */
  readonly files?: Files;
  /** The rest of what is outside the process; the real one by default. */
  readonly environment?: Partial<WriterEnvironment>;
  /** Called now and then with the path that is being sealed, its number from 1, and the bytes read so far of all. */
  readonly onProgress?: (progress: {
    readonly file: string;
    readonly number: number;
    readonly bytes: number;
  }) => void;
}

/**
 * Seals what a crash left in a folder: cuts each `.partial` after its last newline, keeps the cut bytes as
 * `.torn`, states a gap of unknown extent for every connection that was open, and finishes what sealing or
 * compressing had begun. It changes no whole line, and does nothing to a folder that is in order.
 *
 * @throws CaptureError `CAPTURE_NOT_FOUND`, `CAPTURE_LOCKED` while a writer is at work,
 * `CAPTURE_FOLDER_UNSAFE` for a folder that another user owns or may write to, `CAPTURE_UNSAFE`, `CAPTURE_IO`.
 */
export async function repairCapture(folder: string, options: RepairOptions = {}): Promise<RepairReport> {
  const { environment, lock } = await takeFolder(environmentOf(options), folder).catch((error: unknown) => {
    if (isCaptureError(error)) throw error;
    if (errnoOf(error) === 'ENOENT') throw new CaptureError('CAPTURE_NOT_FOUND', { path: folder });
    throw ioError('open', folder, error);
  });
  try {
    return await repairFolder(environment, folder, options.onProgress);
  } finally {
    await lock.release();
  }
}

/** {@link repairCapture} for who holds the folder's lock. */
export async function repairFolder(
  environment: WriterEnvironment,
  folder: string,
  onProgress: RepairOptions['onProgress'] = () => undefined,
): Promise<RepairReport> {
  const { files } = environment;
  const removed = [...(await removeTemporaries(files, folder))];
  const names = (await files.readdir(folder)).toSorted().flatMap((file) => parseSegmentName(file) ?? []);
  const sealed: RepairedSegment[] = [];
  const empty: string[] = [];
  let bytes = 0;
  for (const [index, name] of names.filter(({ form }) => form === 'partial').entries()) {
    const path = join(folder, name.file);
    const onRead = (read: number): void => {
      bytes += read;
      onProgress({ file: path, number: index + 1, bytes });
    };
    const next = names.find(({ run, segment }) => run === name.run && segment === name.segment + 1);
    const previous = next === undefined ? undefined : await previousOf(files, join(folder, next.file));
    const repaired = await sealPartial(environment, path, 'crash', { complete: previous, onRead });
    if (repaired === undefined) empty.push(name.file);
    else sealed.push({ file: repaired.file, frames: repaired.frames, tornBytes: repaired.tornBytes });
  }
  const plain = new Set(names.filter(({ form }) => form === 'plain').map(({ file }) => file));
  for (const { file, form, plain: original } of names) {
    if ((form !== 'zst' && form !== 'gz') || !plain.has(original)) continue;
    // The plain file goes last, so this copy was not finished.
    await remove(files, join(folder, file));
    await remove(files, join(folder, `${file}.sha256`));
    removed.push(file);
  }
  const entered = await enterMissing(environment, folder, names);
  return { sealed, empty, entered, removed };
}

/** What the header of a plain segment says of the one before it. */
async function previousOf(files: Files, path: string): Promise<string | null | undefined> {
  const handle = await files.open(path, 'r');
  try {
    const start = Buffer.alloc(64 * 1024);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    const decoder = createRecordDecoder();
    decoder.push(start.subarray(0, bytesRead));
    const line = decoder.next();
    return line.kind === 'record' && line.record.kind === 'header' ? line.record.previous : undefined;
  } finally {
    await handle.close();
  }
}

/** A crash between the rename and the manifest's line leaves a sealed file that the manifest does not know. */
async function enterMissing(
  environment: WriterEnvironment,
  folder: string,
  names: readonly SegmentName[],
): Promise<string[]> {
  const { files } = environment;
  const known = presentSegments(await readManifest(files, folder));
  const entered: string[] = [];
  for (const name of names) {
    if (name.form !== 'plain' || known.has(name.file)) continue;
    const handle = await files.open(join(folder, name.file), 'r');
    const { end, bytes, hash } = await scanPartial(handle);
    await handle.close();
    // Without an `end` it is no segment of ours to vouch for; `verify` will say so.
    if (end === undefined) continue;
    const entry = entryOf(environment, name, { ...end, bytes, identity: hash.digest('hex') });
    await placeFile(files, join(folder, `${name.file}.sha256`), sidecarLine(entry.sha256, entry.file));
    await appendToManifest(files, folder, entry);
    entered.push(name.file);
  }
  return entered;
}

import { join } from 'node:path';
import { CaptureError, isCaptureError } from '../../format/error.ts';
import { createRecordDecoder } from '../../format/decode-stream.ts';
import { isTemporaryName, parseSegmentName } from '../../format/segment-name.ts';
import type { SegmentName } from '../../format/segment-name.ts';
import { finishDepartures } from '../seal/departures.ts';
import { environmentOf } from '../fs/environment.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import { ioError, remove } from '../fs/file-system.ts';
import { errnoOf } from '../system/errno.ts';
import type { Files } from '../fs/file-system.ts';
import { takeFolder } from '../folder/locked-folder.ts';
import { isAbandoned } from '../lock/unfinished.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import { detachPartial, sealPartial } from './seal-partial.ts';
import { settleCopies } from './settle-copies.ts';
import { recordLost } from './record-lost.ts';
import type { SegmentRange } from './record-lost.ts';
import { settleNeighbours } from './unsettled-files.ts';
import type { UnsettledFile } from './unsettled-files.ts';

/** A segment that a crash left behind, sealed now. */
export interface RepairedSegment {
  readonly file: string;
  readonly frames: number;
  /** Bytes of a line that was being written; they are in `<file>.torn`. */
  readonly tornBytes: number;
}

export interface RepairReport {
  readonly sealed: readonly RepairedSegment[];
  /** Files without a single whole line: nothing to seal. Their bytes are in `<file>.torn`. */
  readonly empty: readonly string[];
  /** Sealed segments that were missing in the manifest. */
  readonly entered: readonly string[];
  /** Unfinished copies and temporaries; a whole copy of each is there under another name. */
  readonly removed: readonly string[];
  /** Segments that are missing and of which the manifest, made anew, can't say why. */
  readonly lost: readonly SegmentRange[];
  /** Files that stay as they are, and what to do about each. */
  readonly unsettled: readonly UnsettledFile[];
}

export interface RepairOptions {
  /** File system. @default `node:fs/promises`, which follows no links and opens only regular files */
  readonly files?: Files;
  /** Replaces further parts of the environment, for simulations. @default the system's */
  readonly environment?: Partial<WriterEnvironment>;
  /** Called now and then with the path that is being sealed, its number from 1, and the bytes read so far of all. */
  readonly onProgress?: (progress: {
    readonly file: string;
    readonly number: number;
    readonly bytes: number;
  }) => void;
  /** Called when the lock of a process that cannot be asked is watched first, which takes 15 s. */
  readonly onWatch?: (holder: string) => void;
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
  const held = await takeFolder(environmentOf(options), folder, { onWatch: options.onWatch }).catch(
    (error: unknown) => {
      if (isCaptureError(error)) throw error;
      if (errnoOf(error) === 'ENOENT') throw new CaptureError('CAPTURE_NOT_FOUND', { path: folder });
      throw ioError('open', folder, error);
    },
  );
  try {
    const { failure, ...report } = await repairFolder(held, options.onProgress);
    if (failure !== undefined) throw failure;
    return report;
  } finally {
    await held.lock.release();
  }
}

/**
 * Repairs a folder that is locked already. A file that was announced to go and cannot be removed does not prevent a
 * recording: `failure` holds the error.
 */
export async function repairFolder(
  held: LockedFolder,
  onProgress: RepairOptions['onProgress'] = () => undefined,
): Promise<RepairReport & { readonly failure: unknown }> {
  const { environment, folder, manifest } = held;
  const { files } = environment;
  const temporaries = await removeTemporaries(environment, folder);
  const names = await segmentsIn(files, folder);
  const unknownRuns = new Set(names.map(({ run }) => run).filter((run) => !manifest.state.knows(run)));
  const { removed: settled, unsettled } = await settleNeighbours(held, names);
  const left = new Set(unsettled.map(({ file }) => file));
  const { sealed, empty } = await sealPartials(held, left, onProgress);
  const listed = new Set((await files.readdir(folder)).filter((file) => !left.has(file)));
  const failure = await finishDepartures(held, { isListed: (file) => listed.has(file) }).catch(
    (error: unknown) => error,
  );
  const { removed, entered } = await settleSegments(held, listed);
  const orphans = await removeOrphans(files, folder);
  const lost = await recordLost(held, await segmentsIn(files, folder), unknownRuns);
  await manifest.shorten();
  return {
    sealed,
    empty,
    entered,
    removed: [...temporaries, ...settled, ...removed, ...orphans],
    lost,
    unsettled,
    failure,
  };
}

const segmentsIn = async (files: Files, folder: string): Promise<readonly SegmentName[]> =>
  (await files.readdir(folder)).toSorted().flatMap((file) => parseSegmentName(file) ?? []);

async function sealPartials(
  held: LockedFolder,
  left: ReadonlySet<string>,
  onProgress: NonNullable<RepairOptions['onProgress']>,
): Promise<Pick<RepairReport, 'sealed' | 'empty'>> {
  const { environment, folder, lock } = held;
  const { files } = environment;
  const names = (await segmentsIn(files, folder)).filter(({ file }) => !left.has(file));
  const sealed: RepairedSegment[] = [];
  const empty: string[] = [];
  let bytes = 0;
  for (const [index, name] of names.filter(({ form }) => form === 'partial').entries()) {
    const path = join(folder, name.file);
    const onRead = (read: number): void => {
      bytes += read;
      onProgress({ file: path, number: index + 1, bytes });
    };
    if (!lock.previousIsDead) await detachPartial(files, path);
    const next = names.find(({ run, segment }) => run === name.run && segment === name.segment + 1);
    const previous = next === undefined ? undefined : await previousOf(files, join(folder, next.file));
    const repaired = await sealPartial(held, path, 'crash', { complete: previous, onRead });
    if (repaired === undefined) empty.push(name.file);
    else
      sealed.push({
        file: repaired.entry.file,
        frames: repaired.entry.frames,
        tornBytes: repaired.tornBytes,
      });
  }
  return { sealed, empty };
}

/** Brings the files of each sealed segment and the manifest together: what a crash between two steps left apart. */
async function settleSegments(
  held: LockedFolder,
  listed: ReadonlySet<string>,
): Promise<Pick<RepairReport, 'removed' | 'entered'>> {
  const { present, departed } = held.manifest.state;
  const copies = new Map<string, SegmentName[]>();
  for (const name of [...listed].toSorted().flatMap((file) => parseSegmentName(file) ?? [])) {
    // What was announced to go and is still there is not entered again.
    if (name.form === 'partial' || departed.has(name.plain)) continue;
    copies.set(name.plain, [...(copies.get(name.plain) ?? []), name]);
  }
  const removed: string[] = [];
  const entered: string[] = [];
  for (const [plain, names] of copies) {
    const settled = await settleCopies(held, names, { known: present.get(plain), listed });
    removed.push(...settled.removed);
    if (settled.entered) entered.push(plain);
  }
  return { removed, entered };
}

/** A checksum without its file would make `sha256sum -c` fail. */
async function removeOrphans(files: Files, folder: string): Promise<readonly string[]> {
  const names = new Set(await files.readdir(folder));
  const orphans = [...names].filter((file) => {
    const of = file.endsWith('.sha256') ? file.slice(0, -'.sha256'.length) : undefined;
    return (
      of !== undefined && parseSegmentName(of) !== undefined && !names.has(of) && !names.has(`${of}.partial`)
    );
  });
  for (const file of orphans) await remove(files, join(folder, file));
  return orphans;
}

/**
 * Removes what a crash between two steps may leave behind beside a sealed file, and what is left of cuts and imports
 * that were killed; anything else stays.
 */
async function removeTemporaries(
  { files, processes }: WriterEnvironment,
  folder: string,
): Promise<readonly string[]> {
  const isLeft = (file: string): boolean => isTemporaryName(file) || isAbandoned(file, processes);
  const removed: string[] = [];
  for (const file of (await files.readdir(folder)).filter(isLeft)) {
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

/** Reads from the header of a plain segment the sha256 of the previous one. */
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

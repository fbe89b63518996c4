import { join } from 'node:path';
import { parseSegmentName } from '../../format/segment-name.ts';
import { ioError, syncFolder } from '../fs/file-system.ts';
import { errnoOf } from '../system/errno.ts';
import type { Files } from '../fs/file-system.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import type { Departure, PresentSegment } from '../folder/manifest-state.ts';
import { removeWithSidecar } from '../folder/sidecar.ts';
import { isCopyOf } from '../segment/examine-copy.ts';

/** A file that went, the segment that it held, and why. */
export interface Departed {
  readonly file: string;
  readonly segment: string;
  readonly why: string;
}

interface Finishing {
  /** Which names there are, at the start; later only what this process has put there is looked for. */
  readonly isListed?: (file: string) => boolean;
  readonly onDeparted?: (departed: Departed) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes true what the manifest announced: removes the files of segments that were deleted or moved, in the order in
 * which they were announced, and ends with the first that cannot be removed, so that nothing goes from between two
 * that stay. Can be called any time, and does nothing where all is done.
 */
export async function finishDepartures(
  held: LockedFolder,
  { isListed, onDeparted, signal }: Finishing = {},
): Promise<void> {
  const { environment, folder, lock, manifest } = held;
  const open = [...manifest.state.departed.values()].filter(({ settled }) => !settled);
  if (open.length === 0) return;
  await lock.assertHeld();
  const finished: Departure[] = [];
  let removed = false;
  let failure: unknown;
  for (const departure of open) {
    if (signal?.aborted === true) break;
    if (isListed === undefined && departure.entry.kind === 'moved') continue;
    const { file, segment, ...entry } = departure.entry;
    try {
      const names = isListed === undefined ? ownFiles(departure) : filesOf(departure).filter(isListed);
      for (const name of names) {
        if (isListed !== undefined && !(await mayGo(held, departure, name))) continue;
        removed = true;
        await removeWithSidecar(held, name);
      }
    } catch (error) {
      failure = ioError('delete', join(folder, file), error);
      break;
    }
    finished.push(departure);
    onDeparted?.({ file, segment, why: entry.kind === 'deleted' ? entry.why : 'moved' });
  }
  if (removed) await syncFolder(environment.files, folder);
  for (const departure of finished) departure.settled = true;
  if (failure !== undefined) throw failure;
}

/** Every name that a copy of the segment may have. */
const filesOf = ({ entry: { segment } }: Departure): readonly string[] => [
  segment,
  `${segment}.zst`,
  `${segment}.gz`,
];

/** Those that the manifest speaks of. */
const ownFiles = ({ segment }: Departure): readonly string[] =>
  segment === undefined ? [] : [...sizesOf(segment).keys()];

/**
 * Whether a file is what the manifest announced to go: another one of that name is somebody else's. Of what was moved,
 * a copy that is still here stays: the manifest may be a stranger's, and is no reason to look where it points.
 */
async function mayGo(held: LockedFolder, { entry, segment }: Departure, file: string): Promise<boolean> {
  const { environment, folder } = held;
  const bytes = await sizeOf(environment.files, join(folder, file));
  if (segment === undefined || bytes === undefined || entry.kind === 'moved') return false;
  const recorded = sizesOf(segment).get(file);
  if (recorded !== undefined) return recorded === bytes;
  const name = parseSegmentName(file);
  return name !== undefined && (await isCopyOf(held, name, segment));
}

function sizesOf({ entry, compressed }: PresentSegment): ReadonlyMap<string, number> {
  const sizes = new Map([[entry.file, entry.bytes]]);
  if (compressed !== undefined) sizes.set(compressed.file, compressed.bytes);
  return sizes;
}

async function sizeOf(files: Files, path: string): Promise<number | undefined> {
  try {
    const stats = await files.stat(path);
    return stats.isFile() ? stats.size : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

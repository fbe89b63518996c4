import { dirname, join } from 'node:path';
import { CaptureError } from '../../format/error.ts';
import { segmentName } from '../../format/segment-name.ts';
import type { CaptureFile, CaptureFileForm } from './capture-file.ts';
import { ioError } from '../fs/file-system.ts';
import { errnoOf } from '../system/errno.ts';
import { isFileAt, isThere, openToRead } from '../fs/read-only.ts';

/** A file of a capture that is open: it can be read whatever becomes of its name. */
export interface OpenedFile {
  readonly file: CaptureFile;
  readonly fd: number;
  readonly bytesOnDisk: number;
}

/**
 * The forms of a segment in the order of its life. Each appears before the previous one goes, so a search in this order
 * finds every segment that was not deleted or moved away.
 */
const LIFE: readonly CaptureFileForm[] = ['partial', 'plain', 'zst', 'gz'];
/** A compressed copy that was not finished is removed by `repair`, and the plain file stays: a step back. */
const LOOKS = 2;

/**
 * Opens a file. A segment that a writer has sealed or compressed since its file was listed is found under its
 * other name, by its run and number.
 *
 * @throws CaptureError CAPTURE_GONE for a segment that is there under no name, CAPTURE_IO
 */
export function openFile(file: CaptureFile): OpenedFile {
  let wanted: CaptureFile | undefined = file;
  for (let look = 0; look <= 2 * LOOKS && wanted !== undefined; look += 1) {
    const opened = tryOpen(wanted);
    if (opened !== undefined) return opened;
    wanted = locateSegment(file);
  }
  throw goneError(file);
}

/**
 * The file that holds a segment now: the given one while it is there. A `.partial` that was left beside a sealed copy,
 * and what is no file, stand behind. `undefined` when the segment was deleted or moved away.
 */
export function locateSegment(file: CaptureFile): CaptureFile | undefined {
  const forms = formsOf(file);
  const found = [file, ...forms].find(({ path }) => isFileAt(path));
  if (found === undefined) return [file, ...forms].find(({ path }) => isThere(path));
  if (found.form !== 'partial') return found;
  return forms.find(({ form, path }) => form !== 'partial' && isFileAt(path)) ?? found;
}

/** Returns the segment `distance` after this one, as its sealed plain file. */
export function followingSegment({ path, run = '', segment = 0 }: CaptureFile, distance = 1): CaptureFile {
  const number = segment + distance;
  return { path: join(dirname(path), segmentName(run, number)), form: 'plain', run, segment: number };
}

/** A file that is not there, as an error that says whether it was a segment. */
function goneError({ path, run, segment }: CaptureFile): CaptureError {
  if (run === undefined || segment === undefined) {
    return ioError('open', path, Object.assign(new Error(`no ${path}`), { code: 'ENOENT' }));
  }
  return new CaptureError('CAPTURE_GONE', { folder: dirname(path), run, from: segment, to: segment });
}

/** Every file that can hold the segment, several times over; a file with a name of its own has no other. */
function formsOf(file: CaptureFile): readonly CaptureFile[] {
  const { run, segment } = file;
  if (run === undefined || segment === undefined) return [file];
  const plain = followingSegment(file, 0).path;
  const forms = LIFE.map((form) => ({
    path: form === 'plain' ? plain : `${plain}.${form}`,
    form,
    run,
    segment,
  }));
  return Array.from({ length: LOOKS }, () => forms).flat();
}

function tryOpen(file: CaptureFile): OpenedFile | undefined {
  try {
    const { descriptor, size } = openToRead(file.path);
    return { file, fd: descriptor, bytesOnDisk: size };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw ioError('open', file.path, error);
  }
}

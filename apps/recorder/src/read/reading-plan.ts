import { lstat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import {
  nodeFiles,
  openCapture,
  presentSegments,
  readManifest,
  type CaptureFile,
} from '@feedtape/capture/node';

/** A file of a capture that is about to be read. */
export interface PlannedFile extends CaptureFile {
  /** Bytes on disk. */
  readonly size: number;
}

/**
 * The files behind some paths in the order in which they are read, of copies of a segment only one.
 *
 * @throws CaptureError CAPTURE_NOT_FOUND, CAPTURE_EMPTY, CAPTURE_IO
 */
export async function planReading(paths: readonly string[]): Promise<readonly PlannedFile[]> {
  const files = await openCapture(paths).segments();
  return Promise.all(files.map(async (file) => ({ ...file, size: await sizeOf(file) })));
}

/** Of a file that a recorder has renamed or deleted since it was listed, nothing is known. */
const sizeOf = ({ path }: CaptureFile): Promise<number> =>
  lstat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** Counts the frames of the files by their manifests; undefined where a file is in none. */
export async function recordedFrames(planned: readonly PlannedFile[]): Promise<number | undefined> {
  let frames = 0;
  for (const folder of new Set(planned.map(({ path }) => dirname(path)))) {
    // A file can be served without its manifest.
    const entries = await readManifest(nodeFiles, folder).catch(() => []);
    const present = [...presentSegments(entries).values()];
    for (const { path } of planned) {
      if (dirname(path) !== folder) continue;
      const segment = present.find(({ file }) => file === basename(path));
      if (segment === undefined) return undefined;
      frames += segment.entry.frames;
    }
  }
  return frames;
}

/** Text per byte on disk, until a whole file of the kind has been read. */
const FIRST_GUESS = { plain: 1, compressed: 8 } as const;

/**
 * How much of the planned files has been read, from 0 to 1, when told the file and the bytes of text read so
 * far. How much text a compressed file holds is known only at its end, so what the files before it held is
 * taken as the measure.
 */
export function createReadingEstimate(
  files: readonly PlannedFile[],
): (file: string, bytes: number) => number {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const byPath = new Map<string, { readonly file: PlannedFile; readonly before: number }>();
  let before = 0;
  for (const file of files) {
    byPath.set(file.path, { file, before });
    before += file.size;
  }
  const textPerByte: Record<keyof typeof FIRST_GUESS, number> = { ...FIRST_GUESS };
  let current: PlannedFile | undefined;
  let seen = 0;
  let textBefore = 0;
  let diskBefore = 0;
  return (path, bytes) => {
    const planned = byPath.get(path);
    if (planned !== undefined && planned.file !== current) {
      if (current !== undefined) {
        if (current.size > 0) textPerByte[formOf(current)] = (seen - textBefore) / current.size;
        textBefore = seen;
      }
      // Files before a time that was asked for are passed over.
      diskBefore = planned.before;
      current = planned.file;
    }
    seen = bytes;
    if (current === undefined || total === 0) return 0;
    const read = (bytes - textBefore) / Math.max(textPerByte[formOf(current)], Number.EPSILON);
    return Math.min(1, (diskBefore + Math.min(read, current.size)) / total);
  };
}

const formOf = ({ form }: PlannedFile): keyof typeof FIRST_GUESS =>
  form === 'zst' || form === 'gz' ? 'compressed' : 'plain';

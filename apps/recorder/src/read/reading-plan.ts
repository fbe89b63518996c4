import { lstat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import {
  nodeFiles,
  openCapture,
  presentSegments,
  readManifest,
  type CaptureFile,
} from '@feedtape/capture/node';

/** A file of a capture to be read. */
export interface PlannedFile extends CaptureFile {
  /** Bytes on disk. */
  readonly size: number;
}

/**
 * Lists the files behind some paths in reading order, with one copy of each segment.
 *
 * @throws CaptureError CAPTURE_NOT_FOUND, CAPTURE_EMPTY, CAPTURE_IO
 */
export async function planReading(paths: readonly string[]): Promise<readonly PlannedFile[]> {
  const files = await openCapture(paths).segments();
  return Promise.all(files.map(async (file) => ({ ...file, size: await sizeOf(file) })));
}

/** 0 for a file that a recorder has renamed or deleted since it was listed. */
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

/** Initial guess of text bytes per byte on disk. */
const FIRST_GUESS = { plain: 1, compressed: 8 } as const;

/**
 * Estimates the share of the planned files that has been read, from 0 to 1, by the current file and the bytes of text
 * so far. The text size of a compressed file is known only at its end, so it is estimated by the file before.
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
      // Seeking to a time skips files.
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

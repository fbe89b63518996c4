import { glob } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaptureError } from '../../format/error.ts';
import { captureFile, SEGMENT_ENDING } from './capture-file.ts';
import type { CaptureFile } from './capture-file.ts';
import { listNames } from './folder-listing.ts';
import { locateSegment } from './segment-location.ts';
import { resolveNamed } from '../fs/read-only.ts';
import { MANIFEST } from '../../format/segment-name.ts';

/**
 * Where a capture is: a file, a folder, a glob pattern, one of the files that `segments()` listed, or several of
 * them. A file or folder that is named may be a link; a name in a folder is not followed.
 */
export type CaptureSource = NamedSource | readonly NamedSource[];

export type NamedSource = string | URL | CaptureFile;

/** Files beside the segments: checksums, torn ends, the lock, temporary files. */
const COMPANION = /\.(?:sha256|torn|lock|tmp|bin)$/;

/**
 * The segment files behind `source`: those of a folder or a pattern in the order of their names, several
 * sources in the order given. Copies of one segment are all in it.
 */
export async function listCaptureFiles(source: CaptureSource): Promise<readonly CaptureFile[]> {
  const named = namedIn(source);
  const files: CaptureFile[] = [];
  for (const one of named) files.push(...(typeof one === 'string' ? await filesAt(one) : [one]));
  if (files.length === 0) throw new CaptureError('CAPTURE_EMPTY', { path: named.map(String).join(', ') });
  return files;
}

/** Splits a source into the paths and files that it names. */
export function namedIn(source: CaptureSource): readonly (string | CaptureFile)[] {
  const all = (Array.isArray(source) ? source : [source]) as readonly NamedSource[];
  return all.map((one) => (one instanceof URL ? fileURLToPath(one) : one));
}

async function filesAt(path: string): Promise<readonly CaptureFile[]> {
  const named = await resolveNamed(path);
  if (named?.stats.isDirectory() === true) return filesIn(path);
  if (named !== undefined) return isCompanion(path) ? [] : [captureFile(named.path)];
  const renamed = locateNamed(path);
  if (renamed !== undefined) return [renamed];
  if (!/[*?[{]/.test(path)) throw new CaptureError('CAPTURE_NOT_FOUND', { path });
  const matches: string[] = [];
  for await (const match of glob(path)) matches.push(match);
  if (matches.length === 0) throw new CaptureError('CAPTURE_NOT_FOUND', { path });
  return matches.toSorted().filter(isSegment).map(captureFile);
}

/** Finds a segment that was sealed or compressed since its name was read. */
function locateNamed(path: string): CaptureFile | undefined {
  const file = captureFile(path);
  return file.run === undefined ? undefined : locateSegment(file);
}

async function filesIn(folder: string): Promise<readonly CaptureFile[]> {
  const segments = (await listNames(folder)).filter(isSegment).toSorted();
  if (segments.length === 0) throw new CaptureError('CAPTURE_EMPTY', { path: folder });
  return segments.map((name) => captureFile(join(folder, name)));
}

const isCompanion = (path: string): boolean => basename(path) === MANIFEST || COMPANION.test(path);
const isSegment = (path: string): boolean => SEGMENT_ENDING.test(path) && !isCompanion(path);

/**
 * Runs in the order in which they first appear, their segments in the order of their numbers. The segments of a run
 * may be in several folders; one that is in two of them makes two runs.
 */
export function groupRuns(files: readonly CaptureFile[]): readonly (readonly CaptureFile[])[] {
  const parts = new Map<string, CaptureFile[]>();
  for (const file of files) {
    const key = file.run === undefined ? file.path : join(dirname(file.path), file.run);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [file]);
    else part.push(file);
  }
  return joined([...parts.values()]).map((run) =>
    run.toSorted((a, b) => (a.segment ?? 0) - (b.segment ?? 0)),
  );
}

/** Puts together what each folder has of a run, where no segment is in two of them. */
function joined(parts: readonly (readonly CaptureFile[])[]): readonly (readonly CaptureFile[])[] {
  const runs: CaptureFile[][] = [];
  const byName = new Map<
    string,
    { readonly files: CaptureFile[]; readonly numbers: Set<number | undefined> }
  >();
  for (const part of parts) {
    const name = part[0]?.run;
    const known = name === undefined ? undefined : byName.get(name);
    if (known !== undefined && part.every(({ segment }) => !known.numbers.has(segment))) {
      known.files.push(...part);
      for (const { segment } of part) known.numbers.add(segment);
      continue;
    }
    const files = [...part];
    runs.push(files);
    if (name !== undefined) byName.set(name, { files, numbers: new Set(part.map(({ segment }) => segment)) });
  }
  return runs;
}

import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isCaptureError } from '../../format/error.ts';
import {
  MANIFEST_KINDS,
  manifestLines,
  MAX_MANIFEST_LINE,
  parseManifestEntry,
} from '../../format/manifest-entry.ts';
import type { CompressedEntry, GoneEntry, LostEntry, SealedEntry } from '../../format/manifest-entry.ts';
import { captureFile, plainPath } from '../folder/capture-file.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import { hashOfFile } from '../fs/file-hash.ts';
import { ioError } from '../fs/file-system.ts';
import { errnoOf } from '../system/errno.ts';
import { nodeFiles } from '../fs/node-file-system.ts';

import { locateSegment } from '../folder/segment-location.ts';
import { MANIFEST, segmentName } from '../../format/segment-name.ts';
import type { CapturePromise, Findings } from './finding.ts';
import type { SegmentFacts } from './verify-segment.ts';

/** The manifest of a folder, with the newest entry of each file. */
export interface ManifestRecords {
  readonly path: string;
  /** By the name of the sealed plain file. */
  readonly sealed: ReadonlyMap<string, SealedEntry>;
  /** By the name of the compressed file. */
  readonly compressed: ReadonlyMap<string, CompressedEntry>;
  /** Names of the sealed plain files that were deleted or moved away. */
  readonly departed: ReadonlySet<string>;
  /** By the name of the sealed plain file: where it was moved to, and where it came from. */
  readonly movedTo: ReadonlyMap<string, string>;
  readonly receivedFrom: ReadonlyMap<string, string>;
  /** Ranges of segments that were deleted or moved away and have no lines of their own any more. */
  readonly gone: ReadonlyMap<string, readonly GoneEntry[]>;
  /** Ranges of which it is known only that they were not there when the manifest was made anew. */
  readonly lost: readonly LostEntry[];
  /** It has lines that say nothing to this reader. */
  readonly strange: boolean;
}

/**
 * Reads the manifest beside a capture; `undefined` when there is none. A malformed line is reported, except the last one
 * when `isLive`: it may still be being written.
 */
export async function readManifestRecords(
  folder: string,
  findings: Findings,
  isLive: boolean,
): Promise<ManifestRecords | undefined> {
  const path = join(folder, MANIFEST);
  const text = await readText(path, 'manifest', findings);
  if (text === undefined || text === null) return undefined;
  const sealed = new Map<string, SealedEntry>();
  const compressed = new Map<string, CompressedEntry>();
  const departed = new Set<string>();
  const movedTo = new Map<string, string>();
  const receivedFrom = new Map<string, string>();
  const gone: GoneEntry[] = [];
  const lost: LostEntry[] = [];
  let strange = false;
  let from = 0;
  let number = 0;
  for (const line of manifestLines(isLive ? text.slice(0, text.lastIndexOf('\n') + 1) : text)) {
    number += 1;
    const to = from + Buffer.byteLength(line) + 1;
    const entry = parseManifestEntry(line);
    if (entry?.kind === 'sealed') sealed.set(entry.file, entry);
    if (entry?.kind === 'compressed') compressed.set(entry.file, entry);
    if (entry?.kind === 'deleted' || entry?.kind === 'moved') departed.add(entry.segment);
    if (entry?.kind === 'moved') movedTo.set(entry.segment, entry.to);
    if (entry?.kind === 'received') receivedFrom.set(entry.segment, entry.from);
    if (entry?.kind === 'gone') gone.push(entry);
    if (entry?.kind === 'lost') lost.push(entry);
    if (entry === undefined && line !== '') {
      strange = true;
      const place = { file: path, line: number, from, to };
      if (!isLaterKind(line)) findings.add('manifest', place, 'not a line of a manifest', tornOr(line));
    }
    from = to;
  }
  return { path, sealed, compressed, departed, movedTo, receivedFrom, gone: byRun(gone), lost, strange };
}

/** The ranges of each run, in order. */
function byRun(gone: readonly GoneEntry[]): ReadonlyMap<string, readonly GoneEntry[]> {
  const runs = new Map<string, GoneEntry[]>();
  for (const range of gone.toSorted((a, b) => a.from - b.from)) {
    const ranges = runs.get(range.run);
    if (ranges === undefined) runs.set(range.run, [range]);
    else ranges.push(range);
  }
  return runs;
}

/** Whether a segment was taken out of the folder by us, and is not missing. */
export function hasDeparted({ departed, gone }: ManifestRecords, run: string, segment: number): boolean {
  const ranges = gone.get(run) ?? [];
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.from ?? 0) <= segment) low = middle + 1;
    else high = middle;
  }
  return segment <= (ranges[low - 1]?.to ?? -1) || departed.has(segmentName(run, segment));
}

/** A crash can tear a line, which then lacks its end; anything else is damage. */
function tornOr(line: string): 'advice' | 'broken' {
  return line.endsWith('}') ? 'broken' : 'advice';
}

/** A kind that this version does not know is skipped; one that it knows has to be whole. */
function isLaterKind(line: string): boolean {
  if (line.length > MAX_MANIFEST_LINE || !line.startsWith('{"kind":"')) return false;
  try {
    const { kind } = JSON.parse(line) as { readonly kind?: unknown };
    return typeof kind === 'string' && !MANIFEST_KINDS.has(kind);
  } catch {
    return false;
  }
}

/** Compares what the manifest says of a sealed segment with what it is. */
export function checkManifestEntry(
  manifest: ManifestRecords,
  facts: SegmentFacts,
  findings: Findings,
  isLive: boolean,
): void {
  // The writer does not make files with other names.
  if (facts.file.run === undefined) return;
  const name = basename(plainPath(facts.file));
  const place = { file: facts.file.path, from: 0, to: facts.bytes };
  const entry = manifest.sealed.get(name);
  if (entry === undefined) {
    // Between its renaming and its line in the manifest a segment is newer than all that the manifest names.
    const newest = !manifest.strange && [...manifest.sealed.keys()].every((other) => other < name);
    if (newest && isLive) return;
    const what = newest ? 'not in the manifest yet; `repair` adds it' : 'not in the manifest';
    findings.add('manifest', place, what, newest ? 'advice' : 'broken');
    return;
  }
  const { header, end, bytes, lines, frames, gaps, identity } = facts;
  const is = {
    run: header?.run,
    segment: header?.segment,
    bytes,
    lines,
    frames,
    gaps,
    sha256: identity,
    why: end?.why,
  };
  for (const key of ['run', 'segment', 'bytes', 'lines', 'frames', 'gaps', 'sha256', 'why'] as const) {
    if (is[key] === entry[key]) continue;
    findings.add(
      'manifest',
      place,
      `the manifest says ${key} ${entry[key]}; the file has ${String(is[key])}`,
    );
  }
}

/**
 * Names sealed segments that ought to be in the folder and are not. `present` are those that were listed; where one
 * was not, the folder is asked again, and `again` reads the manifest as it is then.
 */
export async function checkManifestFiles(
  manifest: ManifestRecords,
  present: ReadonlySet<string>,
  findings: Findings,
  again: () => Promise<ManifestRecords | undefined>,
): Promise<void> {
  const absent = [...manifest.sealed.values()].filter(
    ({ file, run, segment }) =>
      !present.has(file) && !hasDeparted(manifest, run, segment) && !isThere(manifest, file),
  );
  const later = absent.length === 0 ? undefined : await again();
  for (const { file, run, segment } of absent) {
    if (later !== undefined && hasDeparted(later, run, segment)) continue;
    findings.add('manifest', { file: manifest.path, from: 0, to: 0 }, `names ${file}, which is not there`);
  }
}

const isThere = ({ path }: ManifestRecords, name: string): boolean =>
  locateSegment(captureFile(join(dirname(path), name))) !== undefined;

/** While a writer is at work, a sidecar may come or go with its file. */
const SIDECAR_LOOKS = 5;
const SIDECAR_WAIT_MS = 50;

/** How a stored file is looked at while a writer may be at work. */
export interface StoredFileCheck {
  readonly findings: Findings;
  readonly isLive: boolean;
  /** Whether the segment was announced to go since the manifest was read. */
  readonly hasGone: () => Promise<boolean>;
}

/**
 * Compares a sealed file with its sidecar and, when it is compressed, with the manifest. Where there
 * is a manifest there has to be a sidecar; a file that was carried elsewhere may have come without.
 */
export async function checkStoredFile(
  { file, identity }: SegmentFacts,
  manifest: ManifestRecords | undefined,
  { findings, isLive, hasGone }: StoredFileCheck,
): Promise<void> {
  let stored = await storedFile({ file, identity }, findings);
  const looks = isLive ? SIDECAR_LOOKS : 1;
  for (let look = 1; look < looks && !isConfirmed(stored); look += 1) {
    if (await hasGone()) return;
    await setTimeout(SIDECAR_WAIT_MS);
    stored = await storedFile({ file: stored?.file ?? file, identity }, findings);
  }
  if (stored === undefined) return;
  const { path, form } = stored.file;
  const place = { file: path, from: 0, to: 0 };
  if (stored.sidecar === undefined) {
    if (manifest !== undefined && file.run !== undefined)
      findings.add('sidecar', place, 'has no .sha256 beside it');
  } else if (!isConfirmed(stored)) {
    findings.add('sidecar', { ...place, file: `${path}.sha256` }, 'is not the hash of the file');
  }
  const entry = manifest?.compressed.get(basename(path));
  if (entry === undefined || form === 'plain') return;
  for (const key of ['sha256', 'bytes'] as const) {
    if (entry[key] !== stored[key]) {
      findings.add(
        'manifest',
        place,
        `the manifest says ${key} ${entry[key]}; the file has ${String(stored[key])}`,
      );
    }
  }
}

/** A sealed file as it is stored, and what its sidecar says. */
interface StoredFile {
  readonly file: CaptureFile;
  readonly sha256: string;
  readonly bytes: number | undefined;
  /** `null` when it can't be read, which is a finding. */
  readonly sidecar: string | null | undefined;
}

const isConfirmed = (stored: StoredFile | undefined): boolean =>
  stored === undefined ||
  stored.sidecar === null ||
  stored.sidecar === `${stored.sha256}  ${basename(stored.file.path)}\n`;

/** `undefined` for a segment that is not there any more. */
async function storedFile(
  { file: read, identity }: Pick<SegmentFacts, 'file' | 'identity'>,
  findings: Findings,
): Promise<StoredFile | undefined> {
  for (let file: CaptureFile | undefined = read; file !== undefined; file = locateSegment(read)) {
    try {
      const hash =
        file.form === 'plain' ? { sha256: identity, bytes: undefined } : await hashOfFile(file.path);
      const sidecar = await readText(`${file.path}.sha256`, 'sidecar', findings);
      // The file, and with it its sidecar, may have gone since it was read.
      if (sidecar !== undefined || locateSegment(file)?.path === file.path) return { file, ...hash, sidecar };
    } catch (error) {
      if (errnoOf((error as Error).cause) !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

/** The text of a small file; `null` for one that is not read, which is a finding. */
async function readText(
  path: string,
  promise: CapturePromise,
  findings: Findings,
): Promise<string | null | undefined> {
  try {
    return await nodeFiles.readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    if (!isCaptureError(error)) throw ioError('read', path, error);
    findings.add(promise, { file: path, from: 0, to: 0 }, error.message);
    return null;
  }
}

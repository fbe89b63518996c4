import { basename, join } from 'node:path';
import { isCaptureError } from '../../capture-error.ts';
import { MANIFEST_KINDS, parseManifestEntry } from '../../manifest.ts';
import type { CompressedEntry, GoneEntry, SealedEntry } from '../../manifest.ts';
import { plainPath } from '../capture-files.ts';
import { hashOfFile } from '../file-hash.ts';
import { errnoOf, ioError, nodeFiles } from '../files.ts';
import { MANIFEST, segmentName } from '../../segment-names.ts';
import type { CapturePromise, Findings } from './finding.ts';
import type { SegmentFacts } from './verify-segment.ts';

/** What a folder's manifest says, the latest word on each file. */
export interface Manifest {
  readonly path: string;
  /** By the name of the sealed plain file. */
  readonly sealed: ReadonlyMap<string, SealedEntry>;
  /** By the name of the compressed file. */
  readonly compressed: ReadonlyMap<string, CompressedEntry>;
  /** Names of the sealed plain files that were deleted or moved away. */
  readonly departed: ReadonlySet<string>;
  /** Ranges of segments that were deleted or moved away and have no lines of their own any more. */
  readonly gone: readonly GoneEntry[];
  /** It has lines that say nothing to this reader. */
  readonly strange: boolean;
}

/** Reads the manifest beside a capture; `undefined` when there is none. A line that is none is a finding. */
export async function readManifest(folder: string, findings: Findings): Promise<Manifest | undefined> {
  const path = join(folder, MANIFEST);
  const text = await readText(path, 'manifest', findings);
  if (text === undefined || text === null) return undefined;
  const sealed = new Map<string, SealedEntry>();
  const compressed = new Map<string, CompressedEntry>();
  const departed = new Set<string>();
  const gone: GoneEntry[] = [];
  let strange = false;
  let from = 0;
  for (const [number, line] of text.split('\n').entries()) {
    const to = from + Buffer.byteLength(line) + 1;
    const entry = parseManifestEntry(line);
    if (entry?.kind === 'sealed') sealed.set(entry.file, entry);
    if (entry?.kind === 'compressed') compressed.set(entry.file, entry);
    if (entry?.kind === 'deleted' || entry?.kind === 'moved') departed.add(entry.segment);
    if (entry?.kind === 'gone') gone.push(entry);
    if (entry === undefined && line !== '') {
      strange = true;
      const place = { file: path, line: number + 1, from, to };
      if (!isLaterKind(line)) findings.add('manifest', place, 'not a line of a manifest', tornOr(line));
    }
    from = to;
  }
  return { path, sealed, compressed, departed, gone, strange };
}

/** Whether a segment was taken out of the folder by us, and is not missing. */
export function hasDeparted({ departed, gone }: Manifest, run: string, segment: number): boolean {
  const range = gone.find((entry) => entry.run === run && entry.from <= segment && segment <= entry.to);
  return range !== undefined || departed.has(segmentName(run, segment));
}

/** A crash can tear a line, which then lacks its end; anything else is damage. */
function tornOr(line: string): 'advice' | 'broken' {
  return line.endsWith('}') ? 'broken' : 'advice';
}

/** A kind that this version does not know is skipped; one that it knows has to be whole. */
function isLaterKind(line: string): boolean {
  try {
    const { kind } = JSON.parse(line) as { readonly kind?: unknown };
    return typeof kind === 'string' && !MANIFEST_KINDS.has(kind);
  } catch {
    return false;
  }
}

/** Compares what the manifest says of a sealed segment with what it is. */
export function checkManifestEntry(manifest: Manifest, facts: SegmentFacts, findings: Findings): void {
  // A file with a name of its own was put there by somebody else than the writer.
  if (facts.file.run === undefined) return;
  const name = basename(plainPath(facts.file));
  const place = { file: facts.file.path, from: 0, to: facts.bytes };
  const entry = manifest.sealed.get(name);
  if (entry === undefined) {
    // Between its renaming and its line in the manifest a segment is newer than all that the manifest names.
    const newest = !manifest.strange && [...manifest.sealed.keys()].every((other) => other < name);
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

/** Names sealed segments that ought to be in the folder and are not. */
export function checkManifestFiles(
  manifest: Manifest,
  present: ReadonlySet<string>,
  findings: Findings,
): void {
  for (const name of manifest.sealed.keys()) {
    if (present.has(name) || manifest.departed.has(name)) continue;
    findings.add('manifest', { file: manifest.path, from: 0, to: 0 }, `names ${name}, which is not there`);
  }
}

/**
 * Compares a sealed file with its sidecar and, when it is compressed, with the manifest. Where there
 * is a manifest there has to be a sidecar; a file that was carried elsewhere may have come without.
 */
export async function checkStoredFile(
  { file, identity }: SegmentFacts,
  manifest: Manifest | undefined,
  findings: Findings,
): Promise<void> {
  const { path, form } = file;
  const place = { file: path, from: 0, to: 0 };
  const stored = form === 'plain' ? { sha256: identity, bytes: undefined } : await hashOfFile(path);
  const sidecar = await readText(`${path}.sha256`, 'sidecar', findings);
  if (sidecar === undefined) {
    if (manifest !== undefined && file.run !== undefined)
      findings.add('sidecar', place, 'has no .sha256 beside it');
  } else if (sidecar !== null && sidecar !== `${stored.sha256}  ${basename(path)}\n`) {
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

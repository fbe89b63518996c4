import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { LifeLedger } from './life-ledger.ts';
import { judgeRun } from './run-oracle.ts';
import type { RunSegment, Unseen } from './run-oracle.ts';
import { readSegmentText, sha256Of } from './segment-text.ts';
import type { SegmentText } from './segment-text.ts';
import type { RetentionPlan } from './world-plan.ts';

/** What is in a folder: names without the path, and bytes. */
export type FolderImage = ReadonlyMap<string, Buffer>;

const SEGMENT = /^([A-Za-z0-9][A-Za-z0-9_-]*)-(\d{6,9})\.ndjson(\.partial|\.zst|\.gz)?$/;

interface StoredSegment extends RunSegment {
  /** The file that it is in, and its size there. */
  readonly file: string;
  readonly form: string;
  readonly stored: Buffer;
}

/** A segment whose last file went while somebody looked. */
export interface GoneSegment {
  /** What it held last. */
  readonly text: Buffer;
  /** The manifest said at that time that it would be deleted. */
  readonly announced: boolean;
}

/** What is expected of a folder besides that it is true. */
export interface Expectations {
  readonly ledgers: readonly LifeLedger[];
  readonly foreign: ReadonlyMap<string, Buffer>;
  /** Segments that are gone, by the names of their plain files. */
  readonly gone: ReadonlyMap<string, GoneSegment>;
  /** Everything has been done by now that can be done: limits hold, and nothing lies about. */
  readonly settled: boolean;
  readonly retention: RetentionPlan | null;
}

/** What the oracle found in a folder that `verify` and `inspect` have to say too. */
export interface FolderVerdict {
  readonly wrong: readonly string[];
  readonly frames: number;
  readonly segments: number;
}

/** Everything that a folder is not which it should be, once nobody works in it. */
export function judgeFolder(image: FolderImage, expected: Expectations): FolderVerdict {
  const wrong: string[] = [];
  const present = readSegments(image, wrong);
  const manifest = readManifestLines(image.get('manifest.ndjson'), wrong);
  judgeNames(image, expected, present, wrong);
  judgeManifest(manifest, present, expected, wrong);
  judgeSidecars(image, present, wrong);
  for (const ledger of expected.ledgers) {
    const segments = segmentsOf(ledger.run, present, expected.gone, manifest, wrong);
    wrong.push(...judgeRun(ledger, segments, unseenOf(ledger.run, segments, manifest)));
  }
  judgeRetention(present, manifest, expected, wrong);
  const frames = [...present.values()].reduce((sum, { text }) => sum + text.frameCount, 0);
  return { wrong, frames, segments: present.size };
}

const texts = new WeakMap<Buffer, Buffer>();

/** The uncompressed text of a file; the same buffer for the same file. */
function textOf(form: string, bytes: Buffer): Buffer {
  if (form === '') return bytes;
  const text = texts.get(bytes) ?? (form === '.zst' ? zstdDecompressSync(bytes) : gunzipSync(bytes));
  texts.set(bytes, text);
  return text;
}

/** The segments that are there, by the names of their plain files. */
function readSegments(image: FolderImage, wrong: string[]): Map<string, StoredSegment> {
  const present = new Map<string, StoredSegment>();
  for (const file of [...image.keys()].toSorted()) {
    const [, run, number, form = ''] = SEGMENT.exec(file) ?? [];
    if (run === undefined || number === undefined) continue;
    const stored = image.get(file) as Buffer;
    const name = `${run}-${number}.ndjson`;
    if (form === '.partial') {
      wrong.push(`${file} is not sealed`);
      continue;
    }
    const other = present.get(name);
    if (other !== undefined) wrong.push(`${file} stands beside ${other.file}`);
    try {
      const text = textOf(form, stored);
      const read = parsedOnce(text);
      if (read.end === undefined) wrong.push(`${file} has no end`);
      present.set(name, { name, number: Number(number), file, form, stored, text: read });
    } catch (error) {
      wrong.push(`${file} can't be read: ${String(error)}`);
    }
  }
  return present;
}

/** The latest word of a manifest. */
interface ManifestWords {
  readonly sealed: ReadonlyMap<string, Record<string, unknown>>;
  readonly compressed: ReadonlyMap<string, Record<string, unknown>>;
  readonly deleted: ReadonlySet<string>;
  /** By run: frames in segments whose lines were summed up. */
  readonly goneFrames: ReadonlyMap<string, number>;
}

function readManifestLines(bytes: Buffer | undefined, wrong: string[]): ManifestWords {
  const sealed = new Map<string, Record<string, unknown>>();
  const compressed = new Map<string, Record<string, unknown>>();
  const deleted = new Set<string>();
  const goneFrames = new Map<string, number>();
  for (const line of (bytes ?? Buffer.alloc(0)).toString().split('\n')) {
    if (line === '') continue;
    let entry: Record<string, unknown>;
    try {
      entry = JSON.parse(line) as Record<string, unknown>;
    } catch {
      // A crash may tear a line; what it was about is checked by what is there.
      if (line.endsWith('}') && line.startsWith('{')) wrong.push(`a line of the manifest is broken: ${line}`);
      continue;
    }
    const file = String(entry['file']);
    if (entry['kind'] === 'sealed') sealed.set(file, entry);
    if (entry['kind'] === 'compressed') compressed.set(file, entry);
    if (entry['kind'] === 'deleted') deleted.add(String(entry['segment']));
    if (entry['kind'] === 'gone') {
      for (let number = Number(entry['from']); number <= Number(entry['to']); number += 1)
        deleted.add(`${String(entry['run'])}-${String(number).padStart(6, '0')}.ndjson`);
      goneFrames.set(
        String(entry['run']),
        (goneFrames.get(String(entry['run'])) ?? 0) + Number(entry['frames']),
      );
    }
  }
  return { sealed, compressed, deleted, goneFrames };
}

function judgeNames(
  image: FolderImage,
  { foreign, settled }: Expectations,
  present: ReadonlyMap<string, StoredSegment>,
  wrong: string[],
): void {
  for (const [name, bytes] of foreign)
    if (image.get(name)?.equals(bytes) !== true) wrong.push(`${name}, which is not ours, was touched`);
  if (!settled) return;
  const known = new Set(['manifest.ndjson', ...foreign.keys()]);
  for (const { file } of present.values()) known.add(file).add(`${file}.sha256`);
  for (const name of image.keys())
    if (!known.has(name) && !/\.ndjson\.torn(?:\.\d+)?$/.test(name) && !name.endsWith('.partial'))
      wrong.push(`${name} lies about`);
}

function judgeManifest(
  { sealed, compressed, deleted }: ManifestWords,
  present: ReadonlyMap<string, StoredSegment>,
  { settled }: Expectations,
  wrong: string[],
): void {
  for (const { name, file, form, stored, text } of present.values()) {
    const entry = sealed.get(name);
    if (entry === undefined) {
      wrong.push(`${name} is not in the manifest`);
      continue;
    }
    const bytes = form === '' ? stored.length : textOf(form, stored).length;
    const facts: Record<string, unknown> = {
      run: text.header?.['run'],
      segment: text.header?.['segment'],
      bytes,
      lines: text.lineCount,
      frames: text.frameCount,
      gaps: text.gapCount,
      sha256: text.sha256,
      why: text.end?.['why'],
    };
    for (const [key, value] of Object.entries(facts))
      if (entry[key] !== value)
        wrong.push(`the manifest says ${key} ${String(entry[key])} of ${name}, not ${String(value)}`);
    if (deleted.has(name) && settled)
      wrong.push(`the manifest says that ${name} was deleted, and it is there`);
    if (form === '') continue;
    const copy = compressed.get(file);
    if (copy === undefined) wrong.push(`the manifest does not say that ${file} was compressed`);
    else if (copy['sha256'] !== sha256Of(stored) || copy['bytes'] !== stored.length)
      wrong.push(`the manifest says something else of ${file}`);
  }
  for (const name of sealed.keys())
    if (!present.has(name) && !deleted.has(name))
      wrong.push(`the manifest names ${name}, which is not there`);
}

function judgeSidecars(
  image: FolderImage,
  present: ReadonlyMap<string, StoredSegment>,
  wrong: string[],
): void {
  for (const { file, stored } of present.values()) {
    const sidecar = image.get(`${file}.sha256`)?.toString();
    if (sidecar !== `${sha256Of(stored)}  ${file}\n`)
      wrong.push(`the sidecar of ${file} is ${String(sidecar)}`);
  }
}

function segmentsOf(
  run: string,
  present: ReadonlyMap<string, StoredSegment>,
  gone: ReadonlyMap<string, GoneSegment>,
  { deleted }: ManifestWords,
  wrong: string[],
): RunSegment[] {
  const segments: RunSegment[] = [];
  for (const segment of present.values()) if (segment.name.startsWith(`${run}-`)) segments.push(segment);
  for (const [name, { text, announced }] of gone) {
    const [, of, number] = SEGMENT.exec(name) ?? [];
    if (of !== run) continue;
    const copy = present.get(name);
    if (copy !== undefined) {
      if (copy.text.sha256 !== sha256Of(text)) wrong.push(`${copy.file} is not what ${name} was`);
      continue;
    }
    if (!announced && !deleted.has(name)) wrong.push(`${name} is gone, and the manifest does not say why`);
    segments.push({ name, number: Number(number), text: parsedOnce(text) });
  }
  return segments.toSorted((a, b) => a.number - b.number);
}

/** Segments that retention took before anybody looked: the first of the run, and what the manifest says of them. */
function unseenOf(
  run: string,
  segments: readonly RunSegment[],
  { sealed, deleted, goneFrames }: ManifestWords,
): Unseen {
  const taken = [...deleted].filter(
    (name) => runOf(name) === run && !segments.some((segment) => segment.name === name),
  );
  if (taken.length === 0) return { segments: 0, frames: 0 };
  const frames = taken.reduce((sum, name) => sum + Number(sealed.get(name)?.['frames'] ?? 0), 0);
  return { segments: taken.length, frames: frames + (goneFrames.get(run) ?? 0) };
}

const parsedTexts = new WeakMap<Buffer, SegmentText>();
function parsedOnce(bytes: Buffer): SegmentText {
  const text = parsedTexts.get(bytes) ?? readSegmentText(bytes);
  parsedTexts.set(bytes, text);
  return text;
}

/** However tight the limits are, two stay. */
const ALWAYS_KEPT = 2;

const runOf = (name: string): string => name.slice(0, name.lastIndexOf('-'));

function judgeRetention(
  present: ReadonlyMap<string, StoredSegment>,
  { deleted }: ManifestWords,
  { retention, settled, ledgers }: Expectations,
  wrong: string[],
): void {
  const age = new Map(ledgers.map(({ run }, at) => [run, at]));
  const ageOf = (name: string): number =>
    (age.get(runOf(name)) ?? 0) * 1e6 + Number(/-(\d+)\./.exec(name)?.[1]);
  if (retention === null) {
    for (const name of deleted) wrong.push(`${name} was deleted, and nobody asked for that`);
    return;
  }
  const oldest = Math.min(...[...present.keys()].map(ageOf));
  for (const name of deleted)
    if (ageOf(name) > oldest && runOf(name).length < 4) wrong.push(`${name} was deleted before older ones`);
  if (deleted.size > 0 && present.size < ALWAYS_KEPT) wrong.push(`only ${present.size} segments are kept`);
  if (!settled || present.size <= ALWAYS_KEPT) return;
  const bytes = [...present.values()].reduce((sum, { stored }) => sum + stored.length, 0);
  if (retention.segments !== undefined && present.size > retention.segments)
    wrong.push(`${present.size} segments are kept, of ${retention.segments}`);
  if (retention.bytes !== undefined && bytes > retention.bytes)
    wrong.push(`${bytes} bytes are kept, of ${retention.bytes}`);
}

/** Segments that lines of a manifest announce to be deleted, in order. */
export function announcedIn(lines: Uint8Array): readonly string[] {
  return [...readManifestLines(Buffer.from(lines), []).deleted];
}

/**
 * Whether a limit is exceeded while a segment is there that is to go, of files by their sizes, without those that were
 * announced to go before; `undefined` where this can't be told.
 */
export function hasToGo(
  { segments, bytes, ms, freeBytes }: RetentionPlan,
  name: string,
  {
    files,
    announced,
  }: { readonly files: ReadonlyMap<string, number>; readonly announced: ReadonlySet<string> },
): boolean | undefined {
  if (ms !== undefined || freeBytes !== undefined) return undefined;
  const sizes = new Map<string, number>();
  for (const [file, size] of files) {
    const [, run, number, form] = SEGMENT.exec(file) ?? [];
    if (run === undefined || number === undefined || form === '.partial') continue;
    const plain = `${run}-${number}.ndjson`;
    if (!announced.has(plain)) sizes.set(plain, Math.max(size, sizes.get(plain) ?? 0));
  }
  if (!sizes.has(name)) return undefined;
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return sizes.size > (segments ?? Infinity) || total > (bytes ?? Infinity);
}

/** A file that goes, as a segment; `undefined` for other files. */
export function segmentThatGoes(
  file: string,
  bytes: Buffer,
  manifest: Buffer | undefined,
): (GoneSegment & { readonly name: string }) | undefined {
  const [, run, number, form = ''] = SEGMENT.exec(file) ?? [];
  if (run === undefined || number === undefined || form === '.partial') return undefined;
  const name = `${run}-${number}.ndjson`;
  try {
    const text = textOf(form, bytes);
    // A part of a copy that somebody made is no loss.
    if (parsedOnce(text).end === undefined) return undefined;
    return { name, text, announced: readManifestLines(manifest, []).deleted.has(name) };
  } catch {
    return undefined;
  }
}

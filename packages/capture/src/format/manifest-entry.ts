import { oneLineJson } from '../json/stringify-one-line.ts';
import { hasShape, isCount, isSha256, isString } from './record-schema.ts';
import type { Shape } from './record-schema.ts';
import { isRunName, parseSegmentName } from './segment-name.ts';
import { encodeUtf8 } from '../json/utf8.ts';

/** What is known of a segment's file when it was sealed. `file` is a name within the folder. */
export interface SealedEntry {
  readonly kind: 'sealed';
  readonly file: string;
  readonly run: string;
  readonly segment: number;
  readonly bytes: number;
  readonly lines: number;
  readonly frames: number;
  readonly gaps: number;
  /** Of the whole plain file: the identity of the segment, whatever it is compressed with later. */
  readonly sha256: string;
  readonly why: string;
  readonly at: string;
}

/** The segment that was sealed as `from` is in `file` now; `bytes` and `sha256` are of the compressed file. */
export interface CompressedEntry {
  readonly kind: 'compressed';
  readonly file: string;
  readonly from: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly at: string;
}

/** The segment that was sealed as `segment`, and was in `file`, was deleted by the retention policy. */
export interface DeletedEntry {
  readonly kind: 'deleted';
  readonly file: string;
  readonly segment: string;
  readonly why: string;
  readonly at: string;
}

/**
 * The segment that was sealed as `segment`, and was in `file`, is in the folder `to` now: written after that copy was
 * verified and durable, before this one goes.
 */
export interface MovedEntry {
  readonly kind: 'moved';
  readonly file: string;
  readonly segment: string;
  readonly to: string;
  readonly at: string;
}

/** The other side of {@link MovedEntry}: the segment came from the folder `from`, after its `sealed` line there. */
export interface ReceivedEntry {
  readonly kind: 'received';
  readonly file: string;
  readonly segment: string;
  readonly from: string;
  readonly at: string;
}

/**
 * The segments `from` to `to` of a run, both included, are not in the folder any more: what is left of their lines
 * when the manifest was shortened.
 */
export interface GoneEntry {
  readonly kind: 'gone';
  readonly run: string;
  readonly from: number;
  readonly to: number;
  readonly how: 'deleted' | 'moved';
  readonly frames: number;
  readonly bytes: number;
  /** When the last of them went. */
  readonly at: string;
}

/**
 * The segments `from` to `to` of a run, both included, were not in the folder when `repair` met the run, and the
 * manifest that would say why was lost: deleted, moved or lost, nobody knows.
 */
export interface LostEntry {
  readonly kind: 'lost';
  readonly run: string;
  readonly from: number;
  readonly to: number;
  readonly at: string;
}

/** A line of `manifest.ndjson`, the folder's history in the order of events. */
export type ManifestEntry =
  | SealedEntry
  | CompressedEntry
  | DeletedEntry
  | MovedEntry
  | ReceivedEntry
  | GoneEntry
  | LostEntry;

/** No line of a manifest has more characters. */
export const MAX_MANIFEST_LINE: number = 64 * 1024;

/** The lines of a manifest's text, with what a crash left of one at its end. */
export function* manifestLines(text: string): Generator<string, void, undefined> {
  let from = 0;
  for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
    yield text.slice(from, to);
    from = to + 1;
  }
  yield text.slice(from);
}

export function encodeManifestEntry(entry: ManifestEntry): Uint8Array<ArrayBuffer> {
  return encodeUtf8(`${oneLineJson(entry)}\n`);
}

/**
 * A line of the manifest, or `undefined` for a kind of a later version, a line that a crash tore, or one with a
 * value that no writer of ours puts there. Every name in an entry is that of a segment: it holds no path, and is
 * safe to join to the folder's.
 */
export function parseManifestEntry(line: string): ManifestEntry | undefined {
  // Text that is no entry costs a hundred times as much to parse as to look at.
  if (line.length > MAX_MANIFEST_LINE || !line.startsWith('{"kind":"')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const shape = shapes.get((value as Partial<ManifestEntry> | null)?.kind);
  if (shape === undefined || !hasShape(value, shape)) return undefined;
  const entry = value as ManifestEntry;
  return isOfOneSegment(entry) ? entry : undefined;
}

const isTime = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isName =
  (...forms: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && forms.includes(parseSegmentName(value)?.form ?? '');

const isRun = (value: unknown): boolean => typeof value === 'string' && isRunName(value);
const aSegment = { file: isName('plain', 'zst', 'gz'), segment: isName('plain') };

const shapes: ReadonlyMap<unknown, Shape> = new Map<unknown, Shape>([
  [
    'sealed',
    {
      file: isName('plain'),
      run: isRun,
      segment: isCount,
      bytes: isCount,
      lines: isCount,
      frames: isCount,
      gaps: isCount,
      sha256: isSha256,
      why: isString,
      at: isTime,
    },
  ],
  [
    'compressed',
    { file: isName('zst', 'gz'), from: isName('plain'), bytes: isCount, sha256: isSha256, at: isTime },
  ],
  ['deleted', { ...aSegment, why: isString, at: isTime }],
  ['moved', { ...aSegment, to: isString, at: isTime }],
  ['received', { ...aSegment, from: isString, at: isTime }],
  [
    'gone',
    {
      run: isRun,
      from: isCount,
      to: isCount,
      how: (value) => value === 'deleted' || value === 'moved',
      frames: isCount,
      bytes: isCount,
      at: isTime,
    },
  ],
  ['lost', { run: isRun, from: isCount, to: isCount, at: isTime }],
]);

export const MANIFEST_KINDS: ReadonlySet<unknown> = new Set(shapes.keys());

/** The names of an entry are those of one segment: what is said of one never moves or removes another. */
function isOfOneSegment(entry: ManifestEntry): boolean {
  if (entry.kind === 'gone' || entry.kind === 'lost') return entry.from <= entry.to;
  const plain = parseSegmentName(entry.file)?.plain;
  if (entry.kind === 'compressed') return plain === entry.from;
  return entry.kind === 'sealed' || plain === entry.segment;
}

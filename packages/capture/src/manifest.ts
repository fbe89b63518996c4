import { oneLineJson } from './one-line-json.ts';
import { encodeUtf8 } from './utf8.ts';

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

/** A line of `manifest.ndjson`, the folder's history in the order of events. */
export type ManifestEntry = SealedEntry | CompressedEntry | DeletedEntry;

export function encodeManifestEntry(entry: ManifestEntry): Uint8Array<ArrayBuffer> {
  return encodeUtf8(`${oneLineJson(entry)}\n`);
}

/** A line of the manifest, or `undefined` for a kind of a later version or a line that a crash tore. */
export function parseManifestEntry(line: string): ManifestEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { kind, file } = (value ?? {}) as { readonly kind?: unknown; readonly file?: unknown };
  if (typeof file !== 'string') return undefined;
  return kind === 'sealed' || kind === 'compressed' || kind === 'deleted'
    ? (value as ManifestEntry)
    : undefined;
}

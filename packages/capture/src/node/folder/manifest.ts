import { join } from 'node:path';
import { CaptureError } from '../../format/error.ts';
import {
  encodeManifestEntry,
  MANIFEST_KINDS,
  manifestLines,
  parseManifestEntry,
} from '../../format/manifest-entry.ts';
import type { ManifestEntry, SealedEntry } from '../../format/manifest-entry.ts';
import { MANIFEST } from '../../format/segment-name.ts';
import { encodeUtf8 } from '../../json/utf8.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import { ioError, isDiskFull, writeAtomically, syncFolder, writeFully } from '../fs/file-system.ts';
import { errnoOf } from '../system/errno.ts';
import type { Files, OpenFile } from '../fs/file-system.ts';
import type { FolderLock } from '../lock/folder-lock.ts';
import { MAX_MANIFEST_BYTES } from '../fs/limits.ts';
import { createManifestState } from './manifest-state.ts';
import type { ManifestState } from './manifest-state.ts';

const CHUNK_BYTES = 256 * 1024;
/** No line of ours is longer. */
const MAX_LINE_BYTES = 64 * 1024;
/** Superseded lines after which the manifest is rewritten without them. */
const MAX_SPENT_LINES = 1_000;

/**
 * A folder's manifest in the hands of who holds the folder's lock: read once, then kept in memory, and the one place
 * that writes it.
 */
export interface Manifest {
  readonly state: ManifestState;
  /**
   * Adds lines and makes them durable; then they are in `state`. One call at a time reaches the file, in the order of
   * the calls. A call that fails may be made again.
   */
  append(...entries: readonly ManifestEntry[]): Promise<void>;
  /** Rewrites the manifest without superseded lines, when they are most of it. */
  shorten(): Promise<void>;
}

export async function openManifest(
  { files }: Pick<WriterEnvironment, 'files'>,
  folder: string,
  lock: Pick<FolderLock, 'assertHeld'>,
): Promise<Manifest> {
  const path = join(folder, MANIFEST);
  let state = createManifestState();
  const read = await readLines(files, path, (line) => {
    const entry = parseManifestEntry(line);
    if (entry !== undefined) state.apply(entry);
    else if (isLaterKind(line)) state.keep(line);
  });
  let exists = read !== undefined;
  /** The file ends within a line: what is added begins with a newline, so that it spoils no line but that one. */
  let torn = read?.endsWithinLine ?? false;
  /** An fsync failed: the system may call blocks clean that it could not write, so only a new file is sure. */
  let doubtful = false;
  let queue = Promise.resolve();

  async function write(entries: readonly ManifestEntry[]): Promise<void> {
    await lock.assertHeld();
    const wasDoubtful = doubtful;
    if (doubtful && (await rewritten(entries))) return;
    const handle = await files.open(path, 'a+', 0o600);
    try {
      await add(handle, entries);
    } finally {
      await handle.close();
    }
    if (!exists) await syncFolder(files, folder);
    exists = true;
    doubtful = wasDoubtful;
    for (const entry of entries) state.apply(entry);
  }

  async function add(handle: OpenFile, entries: readonly ManifestEntry[]): Promise<void> {
    const lines = Buffer.concat([encodeUtf8(torn ? '\n' : ''), ...entries.map(encodeManifestEntry)]);
    torn = true;
    // Where the file ends when the write happens: whoever has taken the folder meanwhile may have added to it.
    await writeFully(handle, lines, null);
    torn = false;
    doubtful = true;
    await handle.datasync();
  }

  /** Whether there was room for a new file. */
  async function rewritten(entries: readonly ManifestEntry[]): Promise<boolean> {
    try {
      await rewrite(entries);
      return true;
    } catch (error) {
      if (isDiskFull(error)) return false;
      throw error;
    }
  }

  async function rewrite(entries: readonly ManifestEntry[]): Promise<void> {
    const lines = [...state.summary(), ...entries];
    const next = createManifestState();
    for (const line of lines) {
      if (typeof line === 'string') next.keep(line);
      else next.apply(line);
    }
    const bytes = Buffer.concat(
      lines.map((line) => (typeof line === 'string' ? encodeUtf8(`${line}\n`) : encodeManifestEntry(line))),
    );
    await writeAtomically(files, path, bytes);
    doubtful = true;
    await syncFolder(files, folder);
    state = next;
    exists = true;
    torn = false;
    doubtful = false;
  }

  function inTurn(step: () => Promise<void>): Promise<void> {
    const done = queue.then(step).catch((error: unknown) => {
      throw ioError('write', path, error);
    });
    queue = done.catch(() => undefined);
    return done;
  }

  return {
    get state() {
      return state;
    },
    append: (...entries) => (entries.length === 0 ? Promise.resolve() : inTurn(() => write(entries))),
    shorten: () =>
      inTurn(async () => {
        const needed = 2 * state.present.size + MAX_SPENT_LINES;
        if (state.lines <= needed) return;
        await lock.assertHeld();
        await rewrite([]);
      }),
  };
}

function isLaterKind(line: string): boolean {
  try {
    const { kind } = JSON.parse(line) as { readonly kind?: unknown };
    return typeof kind === 'string' && !MANIFEST_KINDS.has(kind);
  } catch {
    return false;
  }
}

/** Calls with each line of a file, read in pieces; `undefined` when there is no such file. */
async function readLines(
  files: Pick<Files, 'open'>,
  path: string,
  onLine: (line: string) => void,
): Promise<{ readonly endsWithinLine: boolean } | undefined> {
  const handle = await files.open(path, 'r').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let begun = '';
  let position = 0;
  try {
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      if (position > MAX_MANIFEST_BYTES) {
        throw new CaptureError('CAPTURE_LIMIT', { path, what: 'bytes', most: MAX_MANIFEST_BYTES });
      }
      const lines = chunk.toString('latin1', 0, bytesRead).split('\n');
      lines[0] = begun + (lines[0] as string);
      // Longer than any line of ours: what it says is not kept, that it is there is.
      begun = (lines.pop() as string).slice(0, MAX_LINE_BYTES);
      for (const line of lines) onLine(Buffer.from(line, 'latin1').toString('utf8'));
    }
  } finally {
    await handle.close();
  }
  if (begun !== '') onLine(Buffer.from(begun, 'latin1').toString('utf8'));
  return { endsWithinLine: begun !== '' };
}

/** Reads the history of a folder, oldest first; empty when there is none. Skips lines that a crash tore. */
export async function readManifest(
  files: Pick<Files, 'readFile'>,
  folder: string,
): Promise<readonly ManifestEntry[]> {
  let text: string;
  try {
    text = await files.readFile(join(folder, MANIFEST), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  const entries: ManifestEntry[] = [];
  for (const line of manifestLines(text)) {
    const entry = parseManifestEntry(line);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** The sealed segments that are still there, oldest first, and the file each of them is in now. */
export function presentSegments(
  entries: readonly ManifestEntry[],
): Map<string, { entry: SealedEntry; file: string }> {
  const state = createManifestState();
  for (const entry of entries) state.apply(entry);
  return new Map(state.oldestFirst().map(({ entry, file }) => [entry.file, { entry, file }]));
}

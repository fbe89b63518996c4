import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { CaptureError } from '../../format/error.ts';
import { MANIFEST } from '../../format/segment-name.ts';
import { checkReadable, checkWritable, SAFE_FLAGS } from './file-check.ts';
import { errnoOf } from '../system/errno.ts';
import type { Files } from './file-system.ts';
import { MAX_MANIFEST_BYTES, MAX_SMALL_FILE_BYTES } from './limits.ts';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** The ways a file is opened. None truncates: an existing file is replaced, never emptied. */
const FLAGS: ReadonlyMap<string, number> = new Map([
  ['r', O_RDONLY],
  ['r+', O_RDWR],
  ['a+', O_RDWR | O_APPEND | O_CREAT],
  ['wx', O_WRONLY | O_CREAT | O_EXCL],
]);

/** Where the names of a folder are: a pinned folder puts them relative to its descriptor. */
interface Whereabouts {
  readonly place: (path: string) => string;
  /** Whether a path may be the folder, not a name in it. */
  readonly isFolder: (path: string) => boolean;
}

const ANYWHERE: Whereabouts = { place: (path) => path, isFolder: () => true };

/**
 * The file system, as far as a capture folder needs it, and the one way to its names: links are not followed,
 * what is not a regular file is refused and never waited for, and only a file of this user under a single name
 * is written to. A path to the folder may be a link, because the user names it.
 */
export function createNodeFiles({ place, isFolder }: Whereabouts = ANYWHERE): Files {
  async function open(path: string, flags: string, mode?: number): Promise<FileHandle> {
    const bits = FLAGS.get(flags);
    if (bits === undefined) throw new TypeError(`a file of a capture is not opened with flags ${flags}`);
    const found = flags === 'wx' ? undefined : await statIfThere(path);
    if (flags === 'r' && found?.isDirectory() === true && isFolder(path))
      return await fs.open(place(path), bits | O_DIRECTORY);
    // Before opening, because opening a device can have effects; and again on what was opened.
    if (found !== undefined) checkReadable(path, found);
    const handle = await fs.open(place(path), bits | SAFE_FLAGS, mode);
    try {
      (flags === 'r' ? checkReadable : checkWritable)(path, await handle.stat());
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** A link counts as what it leads to only where that is a folder. */
  async function stat(path: string): Promise<Stats> {
    const found = await fs.lstat(place(path));
    if (!found.isSymbolicLink()) return found;
    const target = await fs.stat(place(path)).catch(() => found);
    return target.isDirectory() ? target : found;
  }

  async function statIfThere(path: string): Promise<Stats | undefined> {
    try {
      return await stat(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async function readFile(path: string, encoding?: 'utf8'): Promise<string | Buffer> {
    const most = basename(path) === MANIFEST ? MAX_MANIFEST_BYTES : MAX_SMALL_FILE_BYTES;
    const handle = await open(path, 'r');
    try {
      const stats = await handle.stat();
      checkReadable(path, stats);
      const bytes = stats.size > most ? undefined : await readUpTo(handle, most + 1);
      if (bytes === undefined || bytes.length > most)
        throw new CaptureError('CAPTURE_LIMIT', { path, what: 'bytes', most });
      return encoding === undefined ? bytes : bytes.toString(encoding);
    } finally {
      await handle.close();
    }
  }

  return {
    open,
    stat: stat as Files['stat'],
    readFile: readFile as Files['readFile'],
    readdir: ((path: string) => fs.readdir(place(path))) as Files['readdir'],
    mkdir: ((path: string, options) => fs.mkdir(place(path), options)) as Files['mkdir'],
    link: (from, to) => fs.link(place(String(from)), place(String(to))),
    rename: (from, to) => fs.rename(place(String(from)), place(String(to))),
    unlink: (path) => fs.unlink(place(String(path))),
    statfs: ((path: string) => fs.statfs(place(path))) as Files['statfs'],
    // The times of a link, not of what it leads to.
    utimes: (path, atime, mtime) => fs.lutimes(place(String(path)), atime, mtime),
  };
}

/** Reads at most `most` bytes from the start of a file, which may hold more than its size says. */
async function readUpTo(handle: FileHandle, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let total = 0;
  for (let size = Math.min((await handle.stat()).size + 1, most); total < most; size = 64 * 1024) {
    const piece = Buffer.allocUnsafe(Math.min(size, most - total));
    const { bytesRead } = await handle.read(piece, 0, piece.length, null);
    if (bytesRead === 0) break;
    pieces.push(piece.subarray(0, bytesRead));
    total += bytesRead;
  }
  return Buffer.concat(pieces);
}

export const nodeFiles: Files = createNodeFiles();

import { closeSync, constants, createReadStream, fstatSync, lstatSync, openSync } from 'node:fs';
import type { ReadStream, Stats } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { checkReadable, SAFE_FLAGS } from './file-check.ts';
import { ioError } from './file-system.ts';
import { errnoOf } from '../system/errno.ts';

/**
 * Opens a file of a capture to read, and nothing else: not what a link leads to, not a pipe or a device.
 * Returns its descriptor and its size. Synchronous: from the page cache a block is there in less time than a
 * worker thread takes to wake up.
 *
 * @throws CaptureError `CAPTURE_UNSAFE`, or the system's error
 */
export function openToRead(path: string): { readonly descriptor: number; readonly size: number } {
  let descriptor: number | undefined;
  try {
    // Before opening, because opening a device can have effects; and again on what was opened.
    checkReadable(path, lstatSync(path));
    descriptor = openSync(path, constants.O_RDONLY | SAFE_FLAGS);
    const stats = fstatSync(descriptor);
    checkReadable(path, stats);
    return { descriptor, size: stats.size };
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw error;
  }
}

/** Whether a name is there, whatever stands at it. */
export const isThere = (path: string): boolean => statsAt(path) !== undefined;

/** Whether a file of its own stands at a name: not a link, a folder or a pipe. */
export const isFileAt = (path: string): boolean => statsAt(path)?.isFile() === true;

function statsAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw ioError('stat', path, error);
  }
}

/** The bytes of a file of a capture; opened as by {@link openToRead}. */
export function streamToRead(path: string): ReadStream {
  return createReadStream(path, { fd: openToRead(path).descriptor, highWaterMark: 256 * 1024 });
}

/**
 * How many bytes a file of a capture has on disk.
 *
 * @throws CaptureError `CAPTURE_UNSAFE`, `CAPTURE_IO`
 */
export async function sizeToRead(path: string): Promise<number> {
  try {
    const stats = await lstat(path);
    checkReadable(path, stats);
    return stats.size;
  } catch (error) {
    throw ioError('stat', path, error);
  }
}

/** Resolves a path that the user named: the entry itself or, behind a link, its target. */
export interface NamedPath {
  /** Without a link at its end. */
  readonly path: string;
  readonly stats: Stats;
}

/**
 * Resolves a path that the user named, once: its user may name a file or a folder by a link. `undefined` when
 * nothing is there.
 *
 * @throws CaptureError `CAPTURE_UNSAFE` for what is neither a file nor a folder, `CAPTURE_IO`
 */
export async function resolveNamed(path: string): Promise<NamedPath | undefined> {
  try {
    const found = await lstat(path);
    const isLink = found.isSymbolicLink();
    const stats = isLink ? await stat(path) : found;
    // Before resolving: a shell's `<(…)` names a pipe by a link that leads to no path.
    if (!stats.isDirectory()) checkReadable(path, stats);
    return { path: isLink ? await realpath(path) : path, stats };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw ioError('stat', path, error);
  }
}

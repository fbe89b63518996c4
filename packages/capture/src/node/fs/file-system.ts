import type * as fs from 'node:fs/promises';
import { CaptureError } from '../../format/error.ts';
import { errnoOf } from '../system/errno.ts';
import { sleep } from '../system/timers.ts';
import type { Timers } from '../system/timers.ts';

/**
 * File system port of the writer and `repair`: a part of `node:fs/promises`, so that a test can intercept every call.
 * `open` takes the flags `r`, `r+`, `a+` and `wx`, and opens only regular files in a capture folder.
 */
export type Files = Pick<
  typeof fs,
  'link' | 'mkdir' | 'readdir' | 'readFile' | 'rename' | 'stat' | 'statfs' | 'unlink' | 'utimes'
> & { open(path: string, flags: string, mode?: number): Promise<OpenFile> };

export type OpenFile = Pick<
  fs.FileHandle,
  'chmod' | 'close' | 'datasync' | 'read' | 'stat' | 'sync' | 'truncate' | 'write' | 'writev'
>;

/** Wraps an error of the file system; errors of this package pass through. */
export function ioError(operation: string, path: string, cause: unknown): CaptureError {
  if (cause instanceof CaptureError) return cause;
  return new CaptureError('CAPTURE_IO', { operation, path, errno: errnoOf(cause) }, { cause });
}

/** Whether the disk or the quota is full: waiting may help, another segment on the same disk does not. */
export function isDiskFull(error: unknown): boolean {
  const errno = errnoOf(error instanceof CaptureError ? error.cause : error);
  return errno === 'ENOSPC' || errno === 'EDQUOT';
}

/** Makes a new name, or the loss of an old one, survive a power cut. */
export async function syncFolder(files: Files, folder: string): Promise<void> {
  const handle = await files.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes all of `bytes`, however little the system takes at a time: at `position`, or, where that is `null`, at the end
 * of a file that was opened with `a+`.
 */
export async function writeFully(file: OpenFile, bytes: Uint8Array, position: number | null): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const at = position === null ? null : position + written;
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at);
    if (bytesWritten === 0) throw Object.assign(new Error('a write wrote nothing'), { code: 'EIO' });
    written += bytesWritten;
  }
}

/**
 * Creates a file of our own. An existing entry of that name, such as a link or a file with several names, is removed and
 * never written to.
 */
export async function createFile(files: Files, path: string): Promise<OpenFile> {
  try {
    return await files.open(path, 'wx', 0o600);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  await remove(files, path);
  return await files.open(path, 'wx', 0o600);
}

/** Writes a small file atomically: to a temporary file, synced, then renamed. */
export async function writeAtomically(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const handle = await createFile(files, temporary);
  try {
    await writeFully(handle, bytes, 0);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await files.rename(temporary, path);
}

/** Unlinks a file that may be gone already. */
export async function remove(files: Files, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Tries a step up to 3 times, 20 and 40 ms apart, and throws the last error. */
export async function withRetries(timers: Timers, step: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await step();
      return;
    } catch (error) {
      if (attempt === 3) throw error;
      await sleep(timers, 20 * attempt);
    }
  }
}

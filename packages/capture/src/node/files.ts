import * as fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { CaptureError } from '../capture-error.ts';
import { sleep } from './timers.ts';
import type { Timers } from './timers.ts';

/**
 * What the writer and `repair` use of a file system: a part of `node:fs/promises`, so that a test can stand
 * in front of every call.
 */
export type Files = Pick<
  typeof fs,
  'link' | 'mkdir' | 'readdir' | 'readFile' | 'rename' | 'stat' | 'statfs' | 'unlink' | 'utimes'
> & { open(path: string, flags: string, mode?: number): Promise<OpenFile> };

export type OpenFile = Pick<
  FileHandle,
  'chmod' | 'close' | 'datasync' | 'read' | 'stat' | 'sync' | 'truncate' | 'write' | 'writev'
>;

export const nodeFiles: Files = fs;

/** The `code` of a system error, such as `ENOSPC`. */
export function errnoOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}

export function ioError(operation: string, path: string, cause: unknown): CaptureError<'CAPTURE_IO'> {
  return new CaptureError('CAPTURE_IO', { operation, path, errno: errnoOf(cause) }, { cause });
}

/** There is no room: waiting may help, another segment on the same disk will not. */
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

/** Writes all of `bytes` at `position`, however little the system takes at a time. */
export async function writeFully(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    if (bytesWritten === 0) throw Object.assign(new Error('a write wrote nothing'), { code: 'EIO' });
    written += bytesWritten;
  }
}

/** Puts a small file in place whole: a temporary beside it, synced, renamed over it. */
export async function placeFile(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const handle = await files.open(temporary, 'w', 0o600);
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

/** Tries a step again that may fail for no lasting reason; the last error goes to the caller. */
export async function persistently(timers: Timers, step: () => Promise<void>): Promise<void> {
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

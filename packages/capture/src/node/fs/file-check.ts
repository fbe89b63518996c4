import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { CaptureError } from '../../format/error.ts';

/**
 * The flags of every open of a name in a capture folder: a link is an error, and what is not a file is opened
 * without waiting for its other end. Where the platform lacks them, the check before opening stands alone.
 */
export const SAFE_FLAGS: number = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Names the kind of an entry that is not a regular file. */
function kindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isSymbolicLink()) return 'a symbolic link, and links in a capture folder are not followed';
  if (stats.isDirectory()) return 'a folder, not a file';
  if (stats.isFIFO()) return 'a named pipe, not a file';
  if (stats.isSocket()) return 'a socket, not a file';
  return 'a device, not a file';
}

/**
 * Refuses what is not a regular file.
 *
 * @throws CaptureError `CAPTURE_UNSAFE`
 */
export function checkReadable(path: string, stats: Stats): void {
  const kind = kindOf(stats);
  if (kind !== undefined) throw unsafe(path, `it is ${kind}: remove it, or name another path`);
}

/**
 * Refuses to write to what is not a regular file of this user under one name: a second name, or another owner,
 * means that somebody else's file would change.
 *
 * @throws CaptureError `CAPTURE_UNSAFE`
 */
export function checkWritable(path: string, stats: Stats): void {
  checkReadable(path, stats);
  if (stats.nlink > 1) {
    throw unsafe(path, `the same file has ${stats.nlink - 1} more names (hard links): replace it by a copy`);
  }
  if (!isOwn(stats)) throw unsafe(path, 'it belongs to another user: chown or remove it');
}

/** Whether this user owns a file; true on platforms without owners. */
export function isOwn({ uid }: Pick<Stats, 'uid'>): boolean {
  const own = process.geteuid?.();
  return own === undefined || uid === own;
}

function unsafe(path: string, reason: string): CaptureError<'CAPTURE_UNSAFE'> {
  return new CaptureError('CAPTURE_UNSAFE', { path, reason });
}

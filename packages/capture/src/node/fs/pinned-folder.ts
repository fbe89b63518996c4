import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { CaptureError } from '../../format/error.ts';
import { isOwn } from './file-check.ts';
import type { Files } from './file-system.ts';
import { createNodeFiles, nodeFiles } from './node-file-system.ts';

/** A folder that is safe to write to. `files` reaches it until the release, whatever gets its name meanwhile. */
export interface PinnedFolder {
  readonly files: Files;
  release(): void;
}

/**
 * Resolves a folder that the user named, once, and checks that nobody else can put anything into it. Where the
 * system has `/proc/self/fd`, names in it are from then on relative to its descriptor.
 *
 * @throws CaptureError `CAPTURE_FOLDER_UNSAFE`, or the system's error
 */
export async function pinFolder(files: Files, folder: string): Promise<PinnedFolder> {
  if (files === nodeFiles) return pinDescriptor(folder);
  checkFolder(folder, await files.stat(folder));
  return { files, release: () => undefined };
}

function pinDescriptor(folder: string): PinnedFolder {
  const descriptor = openSync(folder, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  let held: number | undefined = descriptor;
  const release = (): void => {
    if (held !== undefined) closeSync(held);
    held = undefined;
  };
  try {
    const found = fstatSync(descriptor);
    checkFolder(folder, found);
    const inside = `/proc/self/fd/${descriptor}/.`;
    if (!leadsTo(inside, found)) return { files: nodeFiles, release };
    const root = resolve(folder);
    const isFolder = (path: string): boolean => resolve(path) === root;
    const place = (path: string): string => {
      // The system may give the number to another descriptor after the release.
      if (held === undefined) return path;
      if (isFolder(path)) return inside;
      const full = resolve(path);
      return dirname(full) === root ? `/proc/self/fd/${descriptor}/${basename(full)}` : path;
    };
    return { files: createNodeFiles({ place, isFolder }), release };
  } catch (error) {
    release();
    throw error;
  }
}

function leadsTo(path: string, { dev, ino }: Stats): boolean {
  try {
    const found = statSync(path);
    return found.dev === dev && found.ino === ino;
  } catch {
    return false;
  }
}

/** The bits of a mode that let the group and others write. */
const OTHERS_WRITE = 0o022;

function checkFolder(folder: string, stats: Pick<Stats, 'uid' | 'mode'>): void {
  const refuse = (reason: string): never => {
    throw new CaptureError('CAPTURE_FOLDER_UNSAFE', { folder, reason });
  };
  if (process.geteuid === undefined) return;
  if (!isOwn(stats)) refuse('it belongs to another user; chown it, or choose another folder');
  if ((stats.mode & OTHERS_WRITE) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    refuse(`others may write to it (mode ${mode}); run chmod go-w on it, or choose another folder`);
  }
}

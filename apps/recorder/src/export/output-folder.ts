import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { removeAbandoned, unfinishedPath } from '@feedtape/capture/node';
import { EXIT } from '../process/exit-codes.ts';
import { CommandFailure } from '../process/errors.ts';

/** A folder that gets its final name when it is complete. */
export interface OutputFolder {
  /** Temporary folder beside the target, readable only by its owner. */
  readonly path: string;
  /** Renames it to the target. */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/**
 * Begins an output for `target`, which must be empty or not exist, so that exports never mix.
 *
 * @throws CommandFailure 73 if the target is not empty; file system errors unchanged
 */
export async function beginOutput(target: string): Promise<OutputFolder> {
  const final = resolve(target);
  await refuseOccupied(final, target);
  await removeAbandoned(final);
  const path = unfinishedPath(final);
  await mkdir(path, 0o700).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new CommandFailure(
      EXIT.inputOutput,
      `can't create ${target}: there is no folder ${dirname(final)}`,
    );
  });
  return {
    path,
    async commit() {
      await refuseOccupied(final, target);
      // Removes an empty target. If it is absent or no longer empty, rename decides.
      await rmdir(final).catch(() => undefined);
      await rename(path, final);
    },
    discard: () => rm(path, { recursive: true, force: true }),
  };
}

async function refuseOccupied(final: string, target: string): Promise<void> {
  const names = await readdir(final).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') return [basename(final)];
    throw error;
  });
  if (names.length === 0) return;
  throw new CommandFailure(EXIT.folderInUse, `${target} exists and is not empty`, {
    hint: 'An export never overwrites or extends a folder: choose another one, or remove this one first.',
  });
}

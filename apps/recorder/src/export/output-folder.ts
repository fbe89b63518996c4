import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { removeAbandoned, unfinishedPath } from '@feedtape/capture/node';
import { EXIT } from '../process/exit-codes.ts';
import { CommandFailure } from '../process/errors.ts';

/** A folder that gets its name only when everything in it is whole. */
export interface OutputFolder {
  /** Where to write meanwhile: beside the final place, readable only by its owner. */
  readonly path: string;
  /** Gives it its name. */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/**
 * Begins an output that will stand at `target`, which must not exist or be empty: an export never mixes with
 * another one.
 *
 * @throws CommandFailure 73 when something is there; errors of the file system as they are
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
      `${target} can't be made: there is no folder ${dirname(final)}`,
    );
  });
  return {
    path,
    async commit() {
      await refuseOccupied(final, target);
      // An empty folder; where there is none, or something has just come into it, rename says what matters.
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
    hint: 'An export never overwrites or adds to what is there: name another folder, or remove this one first.',
  });
}

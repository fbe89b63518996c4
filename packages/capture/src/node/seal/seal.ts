import { join } from 'node:path';
import type { SealedEntry } from '../../format/manifest-entry.ts';
import { ioError, writeAtomically, syncFolder } from '../fs/file-system.ts';
import { errnoOf } from '../system/errno.ts';
import type { Files } from '../fs/file-system.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import { sidecarLine } from '../folder/sidecar.ts';
import { nextSealState, initialSealState } from './sealing-steps.ts';
import type { SealState, SealStep } from './sealing-steps.ts';
import { sleep } from '../system/timers.ts';

/** The way of a segment that has its `end` to its final name: sidecar, rename, fsync of the folder, manifest. */
export interface Sealing {
  readonly entry: SealedEntry;
  /** Goes on where it is. When this throws, another call resumes with the step that failed. */
  run(): Promise<void>;
}

export function createSealing(held: LockedFolder, entry: SealedEntry): Sealing {
  const path = join(held.folder, entry.file);
  let state: SealState = initialSealState;
  return {
    entry,
    async run() {
      let next = nextSealState(state, 'resumed');
      let error: unknown;
      for (;;) {
        ({ state } = next);
        const { effect } = next;
        if (effect.kind === 'sealed') return;
        if (effect.kind === 'give-up') throw ioError('seal', path, error);
        if (effect.afterMs > 0) await sleep(held.environment.timers, effect.afterMs);
        await held.lock.assertHeld();
        try {
          await take(held, entry, effect.step);
          next = nextSealState(state, 'done');
        } catch (failure) {
          error = failure;
          next = nextSealState(state, 'failed');
        }
      }
    },
  };
}

/** Each can be done again, also when it was done and said that it had failed. */
async function take(
  { environment: { files }, folder, manifest }: LockedFolder,
  entry: SealedEntry,
  step: SealStep,
): Promise<void> {
  const path = join(folder, entry.file);
  switch (step) {
    case 'sidecar':
      return writeAtomically(files, `${path}.sha256`, sidecarLine(entry.sha256, entry.file));
    case 'name':
      return giveName(files, path);
    case 'folder':
      return syncFolder(files, folder);
    case 'manifest':
      return manifest.append(entry);
  }
}

/** Never over a file that is there already: it may be the only good copy. */
async function giveName(files: Files, path: string): Promise<void> {
  if (!(await isThere(files, path))) await files.rename(`${path}.partial`, path);
  else if (await isThere(files, `${path}.partial`))
    throw Object.assign(new Error('a sealed segment of this name is there already'), { code: 'EEXIST' });
}

async function isThere(files: Pick<Files, 'stat'>, path: string): Promise<boolean> {
  try {
    await files.stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

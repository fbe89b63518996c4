import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LOCK } from '../segment-names.ts';
import { errnoOf } from './files.ts';
import { systemProcesses } from './processes.ts';
import type { ProcessIdentity } from './processes.ts';

/** A holder that can't be asked touches its lock more often than this. */
const SILENT_MS = 30_000;

/**
 * Whether somebody may be writing to a folder, as a reader sees it: it has a lock, and nothing shows that the holder
 * is dead. Decides nothing but the words for what is not finished.
 */
export async function isHeld(folder: string): Promise<boolean> {
  const path = join(folder, LOCK);
  try {
    const { host, namespace, pid, started } = JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
    const self = systemProcesses.self();
    if (host !== self.host || namespace !== self.namespace) {
      return Math.abs(Date.now() - (await stat(path)).mtimeMs) < SILENT_MS;
    }
    if (!systemProcesses.isRunning(pid)) return false;
    const now = systemProcesses.startOf(pid);
    return started === null || now === null || now === started;
  } catch (error) {
    return errnoOf(error) === 'EACCES';
  }
}

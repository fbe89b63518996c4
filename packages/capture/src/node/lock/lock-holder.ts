import { join } from 'node:path';
import { LOCK } from '../../format/segment-name.ts';
import { errnoOf } from '../system/errno.ts';
import { nodeFiles } from '../fs/node-file-system.ts';
import type { Files } from '../fs/file-system.ts';
import { systemProcesses } from '../system/processes.ts';
import type { ProcessIdentity, Processes } from '../system/processes.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import { sleep } from '../system/timers.ts';

/** Holder of a folder. Each acquisition has an id of its own, so that no process mistakes another's lock for its own. */
export interface Holder extends ProcessIdentity {
  readonly id: string;
}

/** The name of a file is made of it, so nothing else may pass. */
const UUID = /^[0-9a-f-]{36}$/;

/** A lock as it was read: `garbled` is there and says nothing, as a power cut may leave it. */
export type Found = Holder | 'gone' | 'garbled';

/** @throws what the file system says: a lock that cannot be read may be held. */
export async function readHolder(files: Pick<Files, 'readFile'>, path: string): Promise<Found> {
  let text: string;
  try {
    text = await files.readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'gone';
    // A link, or a file of another user: nothing that a holder makes.
    if (errnoOf(error) === 'CAPTURE_UNSAFE') return 'garbled';
    throw error;
  }
  return holderIn(text) ?? 'garbled';
}

function holderIn(text: string): Holder | undefined {
  let value: Partial<Holder> | null;
  try {
    value = JSON.parse(text) as Partial<Holder> | null;
  } catch {
    return undefined;
  }
  const { started = null, namespace = null, ...rest } = value ?? {};
  const holder = { ...rest, started, namespace };
  return isHolder(holder) ? holder : undefined;
}

const isText = (value: unknown): boolean => value === null || typeof value === 'string';

/** Checked, because a name of a file, a process and a message are made of it. */
function isHolder(holder: Partial<Holder>): holder is Holder {
  const { id, host, pid, started, namespace } = holder;
  if (typeof id !== 'string' || !UUID.test(id) || typeof host !== 'string') return false;
  return Number.isSafeInteger(pid) && (pid ?? 0) > 0 && isText(started) && isText(namespace);
}

/** Names a lock's content. */
export function idOf(found: Found): string {
  return typeof found === 'string' ? found : found.id;
}

/**
 * What the table of processes says of a holder. `unknown` on another host, in another container and after a restart
 * of the machine: numbers of processes mean nothing there. What cannot be told of a process here counts as alive.
 */
export function checkHolder(
  processes: Processes,
  { host, pid, started, namespace }: Holder,
): 'alive' | 'dead' | 'unknown' {
  const self = processes.self();
  if (host !== self.host || namespace !== self.namespace) return 'unknown';
  if (!processes.isRunning(pid)) return 'dead';
  const now = processes.startOf(pid);
  return started === null || now === null || now === started ? 'alive' : 'dead';
}

const POLL_MS = 1_000;
/** Polls that must all find the same lock: a live holder refreshes it three times in that time. */
const POLLS = 15;

/**
 * Watches a lock whose holder cannot be checked, for any change: a live holder touches its lock. Counts polls, not time,
 * so that a pause of this process counts as one poll, and compares no clocks. Rejects with the signal's reason when it
 * aborts.
 */
export async function staysUntouched(
  { files, timers }: Pick<WriterEnvironment, 'files' | 'timers'>,
  path: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const look = async (): Promise<string> => {
    const id = idOf(await readHolder(files, path));
    const mtimeMs = await files.stat(path).then(
      (stats) => stats.mtimeMs,
      () => 'gone',
    );
    return `${id} ${mtimeMs}`;
  };
  const first = await look();
  for (let poll = 0; poll < POLLS; poll += 1) {
    await sleep(timers, POLL_MS, signal);
    if ((await look()) !== first) return false;
  }
  return true;
}

/** A holder that can't be asked touches its lock more often than this. */
const SILENT_MS = 30_000;

/**
 * Whether somebody may be writing to a folder, as a reader sees it: it has a lock, and nothing shows that the holder
 * is dead. Decides nothing but the words for what is not finished.
 */
export async function isHeld(folder: string): Promise<boolean> {
  const path = join(folder, LOCK);
  try {
    const holder = await readHolder(nodeFiles, path);
    if (typeof holder === 'string') return holder === 'garbled';
    const judged = checkHolder(systemProcesses, holder);
    if (judged !== 'unknown') return judged === 'alive';
    return Math.abs(Date.now() - (await nodeFiles.stat(path)).mtimeMs) < SILENT_MS;
  } catch {
    return true;
  }
}

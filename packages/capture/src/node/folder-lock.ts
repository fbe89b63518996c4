import { join } from 'node:path';
import { CaptureError } from '../capture-error.ts';
import type { WriterEnvironment } from './environment.ts';
import { errnoOf, persistently, remove, writeFully } from './files.ts';
import type { Files } from './files.ts';
import type { ProcessIdentity } from './processes.ts';
import { LOCK } from '../segment-names.ts';

/** Who holds a folder. */
interface Holder extends ProcessIdentity {
  readonly id: string;
}

export interface FolderLock {
  /** Shows holders elsewhere that this one is alive. Call it every {@link LOCK_REFRESH_MS}. */
  readonly refresh: () => Promise<void>;
  readonly release: () => Promise<void>;
}

export const LOCK_REFRESH_MS = 5_000;
/** A holder on another host or in another container can't be asked; it is dead when it was silent this long. */
const SILENT_MS = 30_000;

/** The name of a file is made of it, so nothing else may pass. */
const UUID = /^[0-9a-f-]{36}$/;

/**
 * Takes the folder for this process. A lock whose holder is dead is replaced.
 *
 * @throws CaptureError `CAPTURE_LOCKED` when a live process holds it.
 */
export async function lockFolder(environment: WriterEnvironment, folder: string): Promise<FolderLock> {
  const { files, clock, timers, processes, uuid } = environment;
  const path = join(folder, LOCK);
  const holder = { id: uuid(), ...processes.self() };
  await take(environment, path, holder, folder);
  return {
    refresh: async () => {
      const now = new Date(clock.wallMs());
      await files.utimes(path, now, now);
    },
    release: async () => {
      if (idOf(await readHolder(files, path)) === holder.id)
        await persistently(timers, () => remove(files, path));
    },
  };
}

async function take(
  environment: WriterEnvironment,
  path: string,
  holder: Holder,
  folder: string,
): Promise<void> {
  const { files } = environment;
  const draft = `${path}.${holder.id}`;
  const handle = await files.open(draft, 'wx', 0o600);
  try {
    await writeFully(handle, Buffer.from(`${JSON.stringify(holder)}\n`), 0);
  } finally {
    await handle.close();
  }
  try {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      // A link appears whole or not at all, unlike a file that is created and then written.
      if (await linked(files, draft, path)) return;
      const other = await readHolder(files, path);
      if (other === 'gone') continue;
      if (other !== 'unreadable' && (await isAlive(environment, path, other))) throw locked(folder, other);
      await replaceDead({ environment, path, draft, dead: idOf(other), holder, folder });
      return;
    }
    throw locked(folder, holder);
  } finally {
    // One that stays is only litter: nobody else has its name.
    await remove(files, draft).catch(() => undefined);
  }
}

interface Replacement {
  readonly environment: WriterEnvironment;
  readonly path: string;
  readonly draft: string;
  readonly dead: string;
  readonly holder: Holder;
  readonly folder: string;
}

/**
 * Of many that find the same dead holder, one may replace its lock. That right is itself a lock, named
 * after the dead holder, and its own holder may have died too: hence the recursion. Whoever has it looks
 * again, since the lock may have been replaced before; while it has it, nobody else can replace it.
 */
async function replaceDead({ environment, path, draft, dead, holder, folder }: Replacement): Promise<void> {
  const { files, timers, uuid } = environment;
  const right = `${path}.${dead}.right`;
  await take(environment, right, { ...holder, id: uuid() }, folder);
  try {
    const now = await readHolder(files, path);
    if (idOf(now) !== dead) throw locked(folder, typeof now === 'string' ? holder : now);
    await files.rename(draft, path);
  } finally {
    await persistently(timers, () => remove(files, right));
  }
}

/** Names a lock's content; a power cut can leave a lock without any. */
function idOf(found: Found): string {
  return typeof found === 'string' ? found : found.id;
}

async function linked(files: Files, draft: string, path: string): Promise<boolean> {
  try {
    await files.link(draft, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function locked(folder: string, { pid, host }: Holder): CaptureError<'CAPTURE_LOCKED'> {
  return new CaptureError('CAPTURE_LOCKED', { folder, holder: `process ${pid} on ${host}` });
}

type Found = Holder | 'gone' | 'unreadable';

async function readHolder(files: Files, path: string): Promise<Found> {
  try {
    const {
      started = null,
      namespace = null,
      ...rest
    } = JSON.parse(await files.readFile(path, 'utf8')) as Partial<Holder>;
    const holder = { ...rest, started, namespace };
    return isHolder(holder) ? holder : 'unreadable';
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? 'gone' : 'unreadable';
  }
}

const isText = (value: unknown): boolean => value === null || typeof value === 'string';

/** Checked, because a name of a file, a process and a message are made of it. */
function isHolder(holder: Partial<Holder>): holder is Holder {
  const { id, host, pid, started, namespace } = holder;
  if (typeof id !== 'string' || !UUID.test(id) || typeof host !== 'string') return false;
  return Number.isSafeInteger(pid) && (pid ?? 0) > 0 && isText(started) && isText(namespace);
}

async function isAlive(
  { files, clock, processes }: WriterEnvironment,
  path: string,
  { host, pid, started, namespace }: Holder,
): Promise<boolean> {
  const self = processes.self();
  if (host !== self.host || namespace !== self.namespace) {
    const { mtimeMs } = await files.stat(path);
    return Math.abs(clock.wallMs() - mtimeMs) < SILENT_MS;
  }
  if (!processes.isRunning(pid)) return false;
  return started === null || processes.startOf(pid) === started;
}

import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CaptureError } from '../capture-error.ts';
import { errnoOf, persistently, remove, writeFully } from './files.ts';
import type { Files } from './files.ts';
import { LOCK } from './segment-names.ts';

/** Who holds a folder: enough to tell a live process from a dead one whose number was given out again. */
interface Holder {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** When the process started, in clock ticks since boot (field 22 of /proc/<pid>/stat); `null` elsewhere. */
  readonly started: string | null;
  /** The namespace that `pid` counts in: another container's numbers mean nothing here. */
  readonly namespace: string | null;
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
export async function lockFolder(files: Files, folder: string): Promise<FolderLock> {
  const path = join(folder, LOCK);
  const holder = thisProcess();
  await take(files, path, holder, folder);
  return {
    refresh: async () => {
      const now = new Date();
      await files.utimes(path, now, now);
    },
    release: async () => {
      if (idOf(await readHolder(files, path)) === holder.id) await persistently(() => remove(files, path));
    },
  };
}

async function take(files: Files, path: string, holder: Holder, folder: string): Promise<void> {
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
      if (other !== 'unreadable' && (await isAlive(files, path, other))) throw locked(folder, other);
      await replaceDead({ files, path, draft, dead: idOf(other), holder, folder });
      return;
    }
    throw locked(folder, holder);
  } finally {
    // One that stays is only litter: nobody else has its name.
    await remove(files, draft).catch(() => undefined);
  }
}

interface Replacement {
  readonly files: Files;
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
async function replaceDead({ files, path, draft, dead, holder, folder }: Replacement): Promise<void> {
  const right = `${path}.${dead}.right`;
  await take(files, right, { ...holder, id: randomUUID() }, folder);
  try {
    const now = await readHolder(files, path);
    if (idOf(now) !== dead) throw locked(folder, typeof now === 'string' ? holder : now);
    await files.rename(draft, path);
  } finally {
    await persistently(() => remove(files, right));
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
    const { id, host, pid, started, namespace } = JSON.parse(
      await files.readFile(path, 'utf8'),
    ) as Partial<Holder>;
    const whole = typeof id === 'string' && UUID.test(id) && typeof pid === 'number' && host !== undefined;
    return whole ? { id, host, pid, started: started ?? null, namespace: namespace ?? null } : 'unreadable';
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? 'gone' : 'unreadable';
  }
}

async function isAlive(
  files: Files,
  path: string,
  { host, pid, started, namespace }: Holder,
): Promise<boolean> {
  if (host !== hostname() || namespace !== pidNamespace()) {
    const { mtimeMs } = await files.stat(path);
    return Math.abs(Date.now() - mtimeMs) < SILENT_MS;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
  }
  return started === null || startOf(pid) === started;
}

function thisProcess(): Holder {
  const { pid } = process;
  return { id: randomUUID(), host: hostname(), pid, started: startOf(pid), namespace: pidNamespace() };
}

/** The name of a program may hold spaces and parentheses, so count from the last one: field 3 follows it. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[22 - 3] ?? null);
  } catch {
    return null;
  }
}

function pidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

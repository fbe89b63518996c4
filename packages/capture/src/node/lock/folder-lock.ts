import { join } from 'node:path';
import { CaptureError } from '../../format/error.ts';
import { LOCK, RESERVE } from '../../format/segment-name.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import { ioError, isDiskFull, withRetries, remove, writeFully } from '../fs/file-system.ts';
import { errnoOf } from '../system/errno.ts';
import type { Files } from '../fs/file-system.ts';
import { idOf, checkHolder, readHolder, staysUntouched } from './lock-holder.ts';
import type { Found, Holder } from './lock-holder.ts';

/**
 * A folder in the hands of this process, for as long as its lock says so: a lease. Another process can take the folder
 * from a holder that it cannot ask and that was silent for 15 s. Whoever has lost it must not change the folder any
 * more, and finds out by asking before each step.
 */
export interface FolderLock {
  /**
   * Whether whoever wrote here before is known to be dead. Otherwise it may hold files open and write on: what it
   * left is sealed as a copy that no descriptor of it leads to.
   */
  readonly previousIsDead: boolean;
  /** Aborts when the folder was lost; its reason is the error. */
  readonly lost: AbortSignal;
  /**
   * Whether the lock is still this one's: looks at the file, unless that was done within so many ms. A lock that
   * cannot be read is still held for 10 s, which is less than others wait.
   */
  holds(withinMs?: number): Promise<boolean>;
  /** @throws CaptureError `CAPTURE_LOCK_LOST` when it is not. */
  assertHeld(withinMs?: number): Promise<void>;
  /** Shows others that this holder is alive. Call it every {@link LOCK_REFRESH_MS}. */
  refresh(): Promise<void>;
  readonly release: () => Promise<void>;
}

export const LOCK_REFRESH_MS = 5_000;
/** A holder that could not look at its lock for so long does not count on it any more. */
const UNSEEN_MS = 10_000;

/** How a folder is taken. */
export interface LockOptions {
  /** Told of a holder whose lock has to be watched. */
  readonly onWatch?: ((holder: string) => void) | undefined;
  /** Ends the watching; the taking then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes the folder for this process. A lock whose holder is dead is replaced; one whose holder cannot be asked is
 * watched first, which takes 15 s.
 *
 * @throws CaptureError `CAPTURE_LOCKED` when a live process holds it, or nobody can tell.
 */
export async function lockFolder(
  environment: WriterEnvironment,
  folder: string,
  options: LockOptions = {},
): Promise<FolderLock> {
  const { processes, uuid } = environment;
  const path = join(folder, LOCK);
  const holder = { id: uuid(), ...processes.self() };
  const taking = { environment, path, holder, folder, options };
  const previousIsDead = await take(taking).catch(async (error: unknown) => {
    // A recorder that was killed on a full disk has left what it kept aside for its end.
    if (!isDiskFull(error) || !(await releasesReserve(taking))) throw error;
    return await take(taking);
  });
  await removeLitter(environment, folder).catch(() => undefined);
  return heldLock(environment, folder, { holder, previousIsDead });
}

function heldLock(
  { files, clock, timers }: WriterEnvironment,
  folder: string,
  { holder, previousIsDead }: { readonly holder: Holder; readonly previousIsDead: boolean },
): FolderLock {
  const path = join(folder, LOCK);
  const loss = new AbortController();
  let seenMs = clock.now();

  function lose(): void {
    if (!loss.signal.aborted) loss.abort(new CaptureError('CAPTURE_LOCK_LOST', { folder }));
  }

  async function look(): Promise<boolean> {
    const askedMs = clock.now();
    try {
      if (idOf(await readHolder(files, path)) === holder.id) seenMs = askedMs;
      else lose();
    } catch {
      // Nobody can tell: what was seen lately still counts.
    }
    return !loss.signal.aborted && clock.now() - seenMs < UNSEEN_MS;
  }

  async function holds(withinMs = 0): Promise<boolean> {
    if (loss.signal.aborted) return false;
    return clock.now() - seenMs < withinMs || (await look());
  }

  return {
    previousIsDead,
    lost: loss.signal,
    holds,
    async assertHeld(withinMs) {
      if (!(await holds(withinMs))) throw new CaptureError('CAPTURE_LOCK_LOST', { folder });
    },
    async refresh() {
      if (!(await holds())) return;
      const now = new Date(clock.wallMs());
      await files.utimes(path, now, now);
    },
    async release() {
      if (await holds()) await withRetries(timers, () => remove(files, path));
    },
  };
}

interface Taking {
  readonly environment: WriterEnvironment;
  readonly path: string;
  readonly holder: Holder;
  readonly folder: string;
  readonly options: LockOptions;
}

/** Whether the one before is known to be dead. */
async function take(taking: Taking): Promise<boolean> {
  const { environment, path, holder, folder, options } = taking;
  const { files, processes } = environment;
  const draft = `${path}.${holder.id}`;
  try {
    await writeDraft(files, draft, holder);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      // A link appears whole or not at all, unlike a file that is created and then written.
      if (await linked(taking, draft)) return false;
      const other = await found(taking);
      if (other === 'gone') continue;
      const state = other === 'garbled' ? 'unknown' : checkHolder(processes, other);
      if (state === 'alive') throw locked(folder, other);
      if (state === 'unknown') options.onWatch?.(textOf(other));
      if (state === 'unknown' && !(await staysUntouched(environment, path, options.signal))) {
        if ((await found(taking)) === 'gone') continue;
        throw locked(folder, other);
      }
      await replaceDead(taking, draft, idOf(other));
      return state === 'dead';
    }
    throw locked(folder, holder);
  } finally {
    // A draft that stays does no harm: its name is unique.
    await remove(files, draft).catch(() => undefined);
  }
}

/** Removes the reserve of a recorder that is dead; false when there is none, or its holder may live. */
async function releasesReserve(taking: Taking): Promise<boolean> {
  const { files, processes } = taking.environment;
  const holder = await found(taking);
  const isFree = holder === 'gone' || (holder !== 'garbled' && checkHolder(processes, holder) === 'dead');
  if (!isFree) return false;
  return await files.unlink(join(taking.folder, RESERVE)).then(
    () => true,
    () => false,
  );
}

async function writeDraft(files: Files, draft: string, holder: Holder): Promise<void> {
  const handle = await files.open(draft, 'wx', 0o600);
  try {
    await writeFully(handle, Buffer.from(`${JSON.stringify(holder)}\n`), 0);
    // A power cut may leave the name; then it has to say whose it was.
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Treats an unreadable lock as held, and says so in the error. */
async function found({ environment, path, folder }: Taking): Promise<Found> {
  try {
    return await readHolder(environment.files, path);
  } catch (error) {
    const holder = `somebody who cannot be told (${path}: ${errnoOf(error)}); if nobody records, remove that file`;
    throw new CaptureError('CAPTURE_LOCKED', { folder, holder }, { cause: ioError('read', path, error) });
  }
}

/**
 * Of many that find the same dead holder, one may replace its lock. That right is itself a lock, named
 * after the dead holder, and its own holder may have died too: hence the recursion. Whoever has it looks
 * again, since the lock may have been replaced before; while it has it, nobody else can replace it.
 */
async function replaceDead(taking: Taking, draft: string, dead: string): Promise<void> {
  const { environment, path, holder, folder } = taking;
  const { files, timers, uuid } = environment;
  const right = `${path}.${dead}.right`;
  await take({ ...taking, path: right, holder: { ...holder, id: uuid() } });
  try {
    const now = await found(taking);
    if (idOf(now) !== dead) throw locked(folder, now);
    await files.rename(draft, path).catch((error: unknown) => {
      throw errnoOf(error) === 'ENOENT' ? locked(folder, 'gone') : error;
    });
  } finally {
    await withRetries(timers, () => remove(files, right));
  }
}

async function linked({ environment, path, folder }: Taking, draft: string): Promise<boolean> {
  try {
    await environment.files.link(draft, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    // The next holder has removed it.
    if (errnoOf(error) === 'ENOENT') throw locked(folder, 'gone');
    throw error;
  }
}

function locked(folder: string, other: Found): CaptureError<'CAPTURE_LOCKED'> {
  return new CaptureError('CAPTURE_LOCKED', { folder, holder: textOf(other) });
}

const textOf = (holder: Found): string =>
  typeof holder === 'string' ? 'another process' : `process ${holder.pid} on ${holder.host}`;

const LITTER = /^writer\.lock(?:\.(?:[0-9a-f-]{36}|garbled|right))+$/;

/**
 * Removes drafts, and rights to replace a lock. Whoever still works with one is refused, as it would be anyway: the
 * folder is taken.
 */
async function removeLitter({ files }: WriterEnvironment, folder: string): Promise<void> {
  const names = (await files.readdir(folder)).filter((file) => LITTER.test(file));
  for (const name of names) await remove(files, join(folder, name));
}

import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import type { Files, OpenFile } from '@feedtape/capture/node';
import { contentOf, fileError, refuse } from './memory-disk.ts';
import type { Inode, MemoryDisk } from './memory-disk.ts';

/** A call to the file system, before it happens. */
export interface DiskCall {
  /** From 1, over all calls of a process. */
  readonly number: number;
  readonly name: string;
  readonly path: string;
}

/** What becomes of a call. */
export interface CallFate {
  /** It fails with this, and has no effect. */
  readonly code?: string | undefined;
  /** Of a write: it takes so many bytes at the most. */
  readonly atMost?: number | undefined;
  /** It takes so long; its effect comes before that or after it. */
  readonly delayMs?: number | undefined;
  readonly effectFirst?: boolean | undefined;
}

/** Decides what becomes of each call of one process. */
export interface CallPlan {
  /** Called before a call has its effect. May kill the process. */
  before(call: DiskCall): CallFate;
  /** Called after it has had its effect, and before the process hears of it. */
  after(call: DiskCall): void;
  /** Names in the order in which a folder lists them. */
  shuffled(names: readonly string[]): string[];
}

interface Parts {
  readonly disk: MemoryDisk;
  readonly plan: CallPlan;
  readonly after: (ms: number, run: () => void) => void;
  readonly isAlive: () => boolean;
  readonly wallMs: () => number;
}

interface Flags {
  readonly append: boolean;
  readonly create: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
  readonly writable: boolean;
}

/** The disk as one process sees it. When that has died, no call of it has an effect or comes back. */
export class MountedDisk {
  readonly files: Files;
  /** Calls so far. */
  calls = 0;
  /** Descriptors that are open. */
  openFiles = 0;
  /** `pwrite` on a descriptor in append mode goes where it says, as POSIX demands and Linux does not. */
  posixAppend = false;
  readonly #parts: Parts;
  readonly #held = new Map<Inode, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.files = this.#port();
  }

  /** Descriptors of a process that has died are closed. */
  abandon(): void {
    for (const [inode, times] of this.#held) {
      inode.open -= times - 1;
      this.#parts.disk.closed(inode);
    }
    this.#held.clear();
    this.openFiles = 0;
  }

  async #call<T>(name: string, path: string, effect: (fate: CallFate) => T): Promise<T> {
    const { plan, isAlive } = this.#parts;
    if (!isAlive()) return await neverAgain();
    this.calls += 1;
    const call = { number: this.calls, name, path };
    const fate = plan.before(call);
    if (!isAlive()) return await neverAgain();
    const delayMs = fate.delayMs ?? 0;
    if (delayMs > 0 && fate.effectFirst !== true) await this.#pass(delayMs);
    if (!isAlive()) return await neverAgain();
    if (fate.code !== undefined) throw fileError(fate.code);
    const result = effect(fate);
    plan.after(call);
    if (!isAlive()) return await neverAgain();
    if (delayMs > 0 && fate.effectFirst === true) await this.#pass(delayMs);
    return isAlive() ? result : await neverAgain();
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.after(ms, resolve));
  }

  #port(): Files {
    const { disk, plan, wallMs } = this.#parts;
    const call = <T>(name: string, path: string, effect: (fate: CallFate) => T): Promise<T> =>
      this.#call(name, path, effect);
    const port = {
      link: (from: string, to: string) => call('link', to, () => disk.link(from, to)),
      lstat: (path: string) => call('stat', path, () => statsOf(disk.at(path))),
      mkdir: (path: string, options?: { readonly mode?: number }) =>
        call('mkdir', path, () => void disk.create(path, 'folder', options?.mode ?? 0o777, wallMs())),
      open: (path: string, flags: string | number, mode = 0o666) =>
        call('open', path, () => this.#open(path, flagsOf(flags), mode)),
      readFile: (path: string, options?: unknown) =>
        call('readFile', path, () => {
          const inode = disk.at(path);
          if (inode.kind === 'folder') refuse('EISDIR');
          const bytes = contentOf(inode);
          return options === 'utf8' || (options as { encoding?: string })?.encoding === 'utf8'
            ? bytes.toString()
            : Buffer.from(bytes);
        }),
      readdir: (path: string, options?: { readonly withFileTypes?: boolean }) =>
        call('readdir', path, () => {
          const names = plan.shuffled(disk.list(path));
          if (options?.withFileTypes !== true) return names;
          return names.map((name) => {
            const inode = disk.at(`${path}/${name}`);
            return { name, parentPath: path, ...kindOf(inode) };
          });
        }),
      realpath: (path: string) => call('stat', path, () => (disk.at(path), path)),
      rename: (from: string, to: string) => call('rename', to, () => disk.rename(from, to)),
      rmdir: (path: string) => call('rmdir', path, () => disk.removeFolder(path)),
      stat: (path: string) => call('stat', path, () => statsOf(disk.at(path))),
      statfs: (path: string) =>
        call('statfs', path, () => {
          const blocks = Number.isFinite(disk.freeBytes) ? disk.freeBytes : 2 ** 50;
          return { bavail: blocks, bfree: blocks, bsize: 1, blocks, files: 0, ffree: 0, type: 0 };
        }),
      unlink: (path: string) => call('unlink', path, () => disk.unlink(path)),
      utimes: (path: string, _atime: unknown, mtime: Date | number) =>
        call('utimes', path, () => {
          disk.at(path).mtimeMs = mtime instanceof Date ? mtime.getTime() : mtime * 1000;
        }),
    };
    // `Files` takes all overloads of node:fs; the simulated disk has the forms that the writer calls.
    return port as unknown as Files;
  }

  #open(path: string, flags: Flags, mode: number): OpenFile {
    const { disk, wallMs } = this.#parts;
    const there = disk.names.get(path);
    if (there !== undefined && flags.create && flags.exclusive) refuse('EEXIST');
    if (there?.kind === 'folder' && flags.writable) refuse('EISDIR');
    if (there === undefined && !flags.create) refuse('ENOENT');
    const inode = there ?? disk.create(path, 'file', mode, wallMs());
    if (flags.truncate && inode.length > 0) disk.truncate(inode, 0);
    disk.opened(inode);
    this.#hold(inode, 1);
    return this.#handle(path, inode, flags);
  }

  #hold(inode: Inode, more: 1 | -1): void {
    const times = (this.#held.get(inode) ?? 0) + more;
    if (times > 0) this.#held.set(inode, times);
    else this.#held.delete(inode);
    this.openFiles += more;
  }

  #handle(path: string, inode: Inode, flags: Flags): OpenFile {
    const { disk, wallMs } = this.#parts;
    let closed = false;
    const call = <T>(name: string, effect: (fate: CallFate) => T): Promise<T> =>
      this.#call(name, path, (fate) => (closed ? refuse('EBADF') : effect(fate)));
    const write = (bytes: Uint8Array, position: number | null | undefined, { atMost }: CallFate): number => {
      if (!flags.writable) refuse('EBADF');
      const allowed = atMost === undefined ? bytes : bytes.subarray(0, Math.max(1, atMost));
      const atEnd = (flags.append && !this.posixAppend) || typeof position !== 'number';
      inode.mtimeMs = wallMs();
      return disk.write(inode, allowed, atEnd ? inode.length : position);
    };
    // A failed fsync has an effect of its own: the blocks are called clean.
    const sync = async (name: string): Promise<void> => {
      try {
        await call(name, () => disk.sync(path, inode));
      } catch (error) {
        if (inode.kind === 'file') disk.forget(inode);
        throw error;
      }
    };
    const handle = {
      chmod: (mode: number) => call('chmod', () => void (inode.mode = mode)),
      close: () =>
        call('close', () => {
          closed = true;
          this.#hold(inode, -1);
          disk.closed(inode);
        }),
      datasync: () => sync('datasync'),
      read: (into: Uint8Array, offset = 0, length = into.length - offset, position: number | null = 0) =>
        call('read', () => {
          if (inode.kind === 'folder') refuse('EISDIR');
          const from = position ?? 0;
          const bytesRead = Math.max(0, Math.min(length, inode.length - from));
          into.set(inode.bytes.subarray(from, from + bytesRead), offset);
          return { bytesRead, buffer: into };
        }),
      stat: () => call('stat', () => statsOf(inode)),
      sync: () => sync('sync'),
      truncate: (length = 0) => call('truncate', () => disk.truncate(inode, length)),
      utimes: (_atime: unknown, mtime: Date | number) =>
        call('utimes', () => {
          inode.mtimeMs = mtime instanceof Date ? mtime.getTime() : mtime * 1000;
        }),
      write: (bytes: Uint8Array, from = 0, length = bytes.length - from, position?: number | null) =>
        call('write', (fate) => ({
          bytesWritten: write(bytes.subarray(from, from + length), position, fate),
          buffer: bytes,
        })),
      writev: (pieces: readonly Uint8Array[], position?: number | null) =>
        call('write', (fate) => ({
          bytesWritten: write(Buffer.concat(pieces as Uint8Array[]), position, fate),
          buffers: pieces,
        })),
    };
    // As above: only the forms that the writer calls.
    return handle as unknown as OpenFile;
  }
}

function neverAgain(): Promise<never> {
  return new Promise(() => undefined);
}

function flagsOf(flags: string | number): Flags {
  if (typeof flags === 'number') {
    const has = (bit: number): boolean => (flags & bit) !== 0;
    return {
      append: has(constants.O_APPEND),
      create: has(constants.O_CREAT),
      exclusive: has(constants.O_EXCL),
      truncate: has(constants.O_TRUNC),
      writable: (flags & 3) !== constants.O_RDONLY,
    };
  }
  return {
    append: flags.startsWith('a'),
    create: !flags.startsWith('r'),
    exclusive: flags.includes('x'),
    truncate: flags.startsWith('w'),
    writable: flags !== 'r',
  };
}

function kindOf(inode: Inode): Pick<Stats, 'isDirectory' | 'isFile' | 'isSymbolicLink'> {
  return {
    isDirectory: () => inode.kind === 'folder',
    isFile: () => inode.kind === 'file',
    isSymbolicLink: () => false,
  };
}

function statsOf(inode: Inode): Stats {
  const { id, length, mode, mtimeMs, links, kind } = inode;
  const type = kind === 'folder' ? 0o040_000 : 0o100_000;
  return {
    dev: 1,
    ino: id,
    size: length,
    mode: type | mode,
    mtimeMs,
    mtime: new Date(mtimeMs),
    nlink: links,
    uid: process.getuid?.() ?? 0,
    gid: 0,
    ...kindOf(inode),
  } as Stats;
}

import type { SeededRandom } from './seeded-random.ts';

/**
 * A disk in memory that behaves as a journaling file system does: what is written is there for every process at
 * once, and what a power cut leaves of it is decided as POSIX allows.
 *
 * At a power cut
 * - names that were made, renamed or unlinked since the last fsync of their folder are kept or lost. Operations that
 *   share a name keep their order, and each is whole (a rename has both of its halves or none); those that share
 *   none are independent, unless the disk is `ordered`: then they are lost from the end, as on ext4 and xfs;
 * - of a file's data that no fsync covers, each block of 4 KiB is kept or lost by itself, and the file is as long as
 *   it was at the last fsync, or now, or anything between. A lost block reads as zeros. On an `ordered` disk a file
 *   ends before the first lost block;
 * - a failed fsync calls the blocks clean that it could not write, as Linux does.
 */
export class MemoryDisk {
  /** Everything by its whole path. */
  readonly names = new Map<string, Inode>();
  /** Bytes that files may take in all. */
  capacity = Number.POSITIVE_INFINITY;
  /** Files and folders that there may be. */
  maxInodes = Number.POSITIVE_INFINITY;
  /** Bytes that one file may grow to (`ulimit -f`). */
  maxFileBytes = Number.POSITIVE_INFINITY;
  /** Told of each file whose last name goes, with what it held. */
  onGone: (path: string, bytes: Buffer) => void = () => undefined;
  /** Told of what was written to a file. */
  onWritten: (inode: Inode, bytes: Uint8Array) => void = () => undefined;
  readonly ordered: boolean;
  #durable = new Map<string, Inode>();
  #log: NameChange[][] = [];
  #inodes = new Set<Inode>();
  #lastId = 0;

  constructor({ ordered = false }: { readonly ordered?: boolean } = {}) {
    this.ordered = ordered;
    for (const folder of ['/', '/disk']) {
      const inode = this.#inode('folder', 0o755, 0);
      this.names.set(folder, inode);
      this.#durable.set(folder, inode);
    }
  }

  get usedBytes(): number {
    let sum = 0;
    for (const inode of this.#inodes) sum += inode.length;
    return sum;
  }

  get freeBytes(): number {
    return Math.max(0, this.capacity - this.usedBytes);
  }

  get usedInodes(): number {
    return this.#inodes.size;
  }

  at(path: string): Inode {
    return this.names.get(path) ?? refuse('ENOENT');
  }

  create(path: string, kind: Inode['kind'], mode: number, nowMs: number): Inode {
    this.#expectFolder(path);
    if (this.names.has(path)) refuse('EEXIST');
    if (this.usedInodes >= this.maxInodes) refuse('ENOSPC');
    const inode = this.#inode(kind, mode, nowMs);
    inode.links = 1;
    this.#change([{ path, inode }]);
    return inode;
  }

  link(from: string, to: string): void {
    const inode = this.at(from);
    this.#expectFolder(to);
    if (this.names.has(to)) refuse('EEXIST');
    inode.links += 1;
    this.#change([{ path: to, inode }]);
  }

  rename(from: string, to: string): void {
    const inode = this.at(from);
    this.#expectFolder(to);
    const replaced = this.names.get(to);
    // Two names of one file: POSIX does nothing then, and says nothing.
    if (replaced === inode) return;
    this.#change([
      { path: to, inode },
      { path: from, inode: undefined },
    ]);
    if (replaced !== undefined) this.#unlinked(to, replaced);
  }

  unlink(path: string): void {
    const inode = this.at(path);
    if (inode.kind === 'folder') refuse('EISDIR');
    this.#change([{ path, inode: undefined }]);
    this.#unlinked(path, inode);
  }

  removeFolder(path: string): void {
    const inode = this.at(path);
    if (inode.kind !== 'folder') refuse('ENOTDIR');
    if (this.list(path).length > 0) refuse('ENOTEMPTY');
    this.#change([{ path, inode: undefined }]);
    this.#unlinked(path, inode);
  }

  list(folder: string): string[] {
    if (this.at(folder).kind !== 'folder') refuse('ENOTDIR');
    const start = folder === '/' ? '/' : `${folder}/`;
    return [...this.names.keys()]
      .filter((path) => path !== '/' && path.startsWith(start) && !path.slice(start.length).includes('/'))
      .map((path) => path.slice(start.length));
  }

  /** Writes what there is room for; at least a byte, or the error of a disk that has none. */
  write(inode: Inode, bytes: Uint8Array, position: number): number {
    const needed = Math.max(0, position + bytes.length - inode.length);
    const room = Math.min(this.freeBytes, Math.max(0, this.maxFileBytes - inode.length));
    const written = Math.max(0, bytes.length - Math.max(0, needed - room));
    if (written === 0 && bytes.length > 0) {
      refuse(inode.length >= this.maxFileBytes ? 'EFBIG' : 'ENOSPC');
    }
    grow(inode, position + written);
    inode.bytes.set(bytes.subarray(0, written), position);
    inode.version += 1;
    for (let block = blockOf(position); block <= blockOf(position + written - 1); block += 1)
      inode.dirty.add(block);
    this.onWritten(inode, bytes.subarray(0, written));
    return written;
  }

  truncate(inode: Inode, length: number): void {
    if (length > inode.length) grow(inode, length);
    // What stood there must not come back when the file grows again.
    inode.bytes.fill(0, length, Math.max(length, inode.length));
    inode.length = length;
    inode.version += 1;
    inode.dirty.add(blockOf(Math.max(0, length - 1)));
  }

  /** Makes a file's data durable, or a folder's names. */
  sync(path: string, inode: Inode): void {
    if (inode.kind === 'folder') {
      this.#commitNames((changed) => folderOf(changed) === path);
      return;
    }
    inode.synced = contentOf(inode);
    inode.dirty.clear();
    // The journal has one order, so what came before goes with it.
    if (this.ordered) this.#commitNames(() => true);
  }

  /** What a failed fsync does: nothing is written, and nothing is tried again. */
  forget(inode: Inode): void {
    inode.dirty.clear();
  }

  opened(inode: Inode): void {
    inode.open += 1;
  }

  closed(inode: Inode): void {
    inode.open -= 1;
    this.#drop(inode);
  }

  /** A process has died: nobody holds anything open. */
  closeAll(): void {
    for (const inode of this.#inodes) {
      inode.open = 0;
      this.#drop(inode);
    }
  }

  powerCut(random: SeededRandom): void {
    for (const group of this.ordered ? [this.#log] : independent(this.#log)) {
      const kept = random.chance(0.4) ? group.length : random.whole(0, group.length);
      for (const changes of group.slice(0, kept)) apply(this.#durable, changes);
    }
    this.#log = [];
    this.names.clear();
    for (const inode of this.#inodes) inode.links = 0;
    this.#inodes.clear();
    for (const [path, inode] of this.#durable) {
      this.names.set(path, inode);
      inode.links += 1;
      inode.open = 0;
      if (!this.#inodes.has(inode) && inode.kind === 'file') cut(inode, this.ordered, random);
      this.#inodes.add(inode);
    }
  }

  #inode(kind: Inode['kind'], mode: number, nowMs: number): Inode {
    this.#lastId += 1;
    const inode = {
      id: this.#lastId,
      kind,
      mode,
      mtimeMs: nowMs,
      links: 0,
      open: 0,
      version: 0,
      bytes: Buffer.alloc(0),
      length: 0,
      synced: Buffer.alloc(0),
      dirty: new Set<number>(),
    };
    this.#inodes.add(inode);
    return inode;
  }

  #expectFolder(path: string): void {
    if (this.at(folderOf(path)).kind !== 'folder') refuse('ENOTDIR');
  }

  #change(changes: NameChange[]): void {
    apply(this.names, changes);
    this.#log.push(changes);
  }

  #unlinked(path: string, inode: Inode): void {
    inode.links -= 1;
    if (inode.links === 0 && inode.kind === 'file') this.onGone(path, contentOf(inode));
    this.#drop(inode);
  }

  #drop(inode: Inode): void {
    if (inode.links === 0 && inode.open === 0) this.#inodes.delete(inode);
  }

  #commitNames(isOne: (path: string) => boolean): void {
    const left: NameChange[][] = [];
    for (const changes of this.#log) {
      if (changes.some(({ path }) => isOne(path))) apply(this.#durable, changes);
      else left.push(changes);
    }
    this.#log = left;
  }
}

/** A file or folder, whatever names it has. */
export interface Inode {
  readonly id: number;
  readonly kind: 'file' | 'folder';
  mode: number;
  mtimeMs: number;
  links: number;
  /** Descriptors: what has no name any more lives on while there are any. */
  open: number;
  /** Changes whenever the content does. */
  version: number;
  /** At least `length` of them. */
  bytes: Buffer;
  length: number;
  /** What the last fsync that succeeded made durable. */
  synced: Buffer;
  /** Blocks written since. */
  readonly dirty: Set<number>;
}

interface NameChange {
  readonly path: string;
  readonly inode: Inode | undefined;
}

const BLOCK_BYTES = 4096;
const blockOf = (position: number): number => Math.floor(position / BLOCK_BYTES);

function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

const contents = new WeakMap<Inode, { readonly version: number; readonly bytes: Buffer }>();

/** What a file holds. The same buffer while that does not change: it is only to be read. */
export function contentOf(inode: Inode): Buffer {
  const known = contents.get(inode);
  if (known?.version === inode.version) return known.bytes;
  const bytes = Buffer.from(inode.bytes.subarray(0, inode.length));
  contents.set(inode, { version: inode.version, bytes });
  return bytes;
}

/** An error as Node makes it. */
export function refuse(code: string): never {
  throw fileError(code);
}

export function fileError(code: string): Error {
  const known = code in ERRNO;
  const errno = known ? ERRNO[code as keyof typeof ERRNO] : 0;
  // What libuv has no name for reaches a program so.
  if (code === 'EDQUOT') {
    const unnamed = 'Unknown system error -122';
    return Object.assign(new Error(`${unnamed}: ${unnamed}, write`), { code: unnamed, errno: -122 });
  }
  return Object.assign(new Error(`${code}: made by a test`), { code, errno: -errno });
}

const ERRNO = {
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  ENOTEMPTY: 39,
  EDQUOT: 122,
};

function grow(inode: Inode, length: number): void {
  if (length > inode.bytes.length) {
    const larger = Buffer.alloc(Math.max(length, inode.bytes.length * 2, 256));
    inode.bytes.copy(larger, 0, 0, inode.length);
    inode.bytes = larger;
  }
  if (length > inode.length) inode.length = length;
}

function apply(names: Map<string, Inode>, changes: readonly NameChange[]): void {
  for (const { path, inode } of changes) {
    if (inode === undefined) names.delete(path);
    else names.set(path, inode);
  }
}

/** Operations in groups that share no name, each in its order. */
function independent(log: readonly NameChange[][]): NameChange[][][] {
  const groups: { paths: Set<string>; changes: NameChange[][] }[] = [];
  for (const changes of log) {
    const touched = groups.filter(({ paths }) => changes.some(({ path }) => paths.has(path)));
    const merged = { paths: new Set(changes.map(({ path }) => path)), changes: [] as NameChange[][] };
    for (const group of touched) {
      for (const path of group.paths) merged.paths.add(path);
      merged.changes.push(...group.changes);
      groups.splice(groups.indexOf(group), 1);
    }
    // Groups that meet here were independent until now: any order of the two is one that could have been.
    merged.changes.push(changes);
    groups.push(merged);
  }
  return groups.map(({ changes }) => changes);
}

/** What a power cut leaves of a file's data. */
function cut(inode: Inode, ordered: boolean, random: SeededRandom): void {
  const { bytes, synced, length, dirty } = inode;
  const lengths = [synced.length, length, random.whole(Math.min(synced.length, length), length)];
  let end = dirty.size === 0 && length === synced.length ? length : random.pick(lengths);
  const kept = Buffer.alloc(Math.max(end, synced.length));
  synced.copy(kept);
  const share = random.pick([0, 0.5, 0.9, 1]);
  for (let block = 0; block * BLOCK_BYTES < end; block += 1) {
    if (!dirty.has(block)) continue;
    if (random.chance(share)) {
      bytes.copy(kept, block * BLOCK_BYTES, block * BLOCK_BYTES, Math.min(end, (block + 1) * BLOCK_BYTES));
    } else if (ordered) {
      end = Math.max(synced.length, block * BLOCK_BYTES);
      break;
    }
  }
  inode.bytes = Buffer.from(kept.subarray(0, end));
  inode.length = end;
  inode.version += 1;
  inode.synced = Buffer.from(inode.bytes);
  dirty.clear();
}

import { expect, test } from 'vitest';
import { contentOf, MemoryDisk } from './memory-disk.ts';
import { seededRandom } from './seeded-random.ts';

// The disk that the lives are lived on is only worth something if it loses what a real one may lose.

const FOLDER = '/disk/capture';
const path = (name: string): string => `${FOLDER}/${name}`;

function diskWithFolder(ordered = false): MemoryDisk {
  const disk = new MemoryDisk({ ordered });
  disk.create(FOLDER, 'folder', 0o700, 0);
  disk.sync('/disk', disk.at('/disk'));
  return disk;
}

/** The content of every file, or `undefined`, over many power cuts of the same disk. */
function outcomes(
  prepare: (disk: MemoryDisk) => void,
  look: (disk: MemoryDisk) => string,
  ordered = false,
): Set<string> {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 200; seed += 1) {
    const disk = diskWithFolder(ordered);
    prepare(disk);
    disk.powerCut(seededRandom(seed));
    seen.add(look(disk));
  }
  return seen;
}

const names = (disk: MemoryDisk): string => disk.list(FOLDER).toSorted().join(' ');

const makeFile = (disk: MemoryDisk): void => void disk.create(path('a'), 'file', 0o600, 0);

const makeFileAndSync = (disk: MemoryDisk): void => {
  makeFile(disk);
  disk.sync(FOLDER, disk.at(FOLDER));
};

const renameAndUnlink = (disk: MemoryDisk): void => {
  disk.create(path('a'), 'file', 0o600, 0);
  disk.create(path('x'), 'file', 0o600, 0);
  disk.sync(FOLDER, disk.at(FOLDER));
  disk.rename(path('a'), path('b'));
  disk.unlink(path('x'));
};

const writeBlocks = (disk: MemoryDisk): void => {
  const inode = disk.create(path('a'), 'file', 0o600, 0);
  disk.sync(FOLDER, disk.at(FOLDER));
  disk.write(inode, Buffer.alloc(4096, 'a'), 0);
  disk.sync(path('a'), inode);
  disk.write(inode, Buffer.alloc(3 * 4096, 'b'), 4096);
};

const blocksOf = (disk: MemoryDisk): string => {
  const bytes = contentOf(disk.at(path('a')));
  return Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, block) =>
    bytes[block * 4096] === 0 ? '0' : String.fromCodePoint(bytes[block * 4096] as number),
  ).join('');
};

const failToSync = (disk: MemoryDisk): void => {
  const inode = disk.create(path('a'), 'file', 0o600, 0);
  disk.sync(FOLDER, disk.at(FOLDER));
  disk.write(inode, Buffer.from('lost'), 0);
  disk.forget(inode);
};

const textOf = (disk: MemoryDisk): string =>
  contentOf(disk.at(path('a')))
    .toString()
    .replaceAll('\0', '');

test('a name that no fsync of its folder covers may be gone after a power cut, and one that it covers is not', () => {
  expect(outcomes(makeFile, names)).toEqual(new Set(['', 'a']));
  expect(outcomes(makeFileAndSync, names)).toEqual(new Set(['a']));
});

test('a rename is there whole or not at all; what has no name in common with it is independent of it', () => {
  expect(outcomes(renameAndUnlink, names)).toEqual(new Set(['a x', 'b x', 'a', 'b']));
  expect(outcomes(renameAndUnlink, names, true)).toEqual(new Set(['a x', 'b x', 'b']));
});

test('data that no fsync covers is lost or kept block by block, with zeros in the middle', () => {
  const loose = outcomes(writeBlocks, blocksOf);
  for (const state of ['a', 'abbb', 'a0bb', 'ab0b', 'a000']) expect(loose).toContain(state);
  expect([...loose].every((state) => state.startsWith('a'))).toBe(true);
  const ordered = outcomes(writeBlocks, blocksOf, true);
  expect([...ordered].every((state) => /^ab*$/.test(state))).toBe(true);
});

test('a failed fsync loses its data at the next power cut, although a later one succeeds', () => {
  expect(outcomes(failToSync, textOf)).toEqual(new Set(['']));
});

test('a full disk takes what fits and refuses the rest; a file that has no name lives on while it is open', () => {
  const disk = diskWithFolder();
  const inode = disk.create(path('a'), 'file', 0o600, 0);
  disk.capacity = 10;
  expect(disk.write(inode, Buffer.alloc(8), 0)).toBe(8);
  expect(disk.write(inode, Buffer.alloc(8), 8)).toBe(2);
  expect(() => disk.write(inode, Buffer.alloc(1), 10)).toThrow('ENOSPC');
  disk.opened(inode);
  disk.unlink(path('a'));
  expect(disk.freeBytes).toBe(0);
  disk.closed(inode);
  expect(disk.freeBytes).toBe(10);
});

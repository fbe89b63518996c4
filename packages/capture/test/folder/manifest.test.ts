import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseManifestEntry } from '@feedtape/capture';
import type { ManifestEntry, SealedEntry } from '@feedtape/capture';
import type { Files, OpenFile } from '@feedtape/capture/node';
import { openManifest, readManifest } from '#node/folder/manifest';
import { nodeFiles } from '#node/fs/node-file-system';
import { temporaryFolder } from '../capture-files.ts';
import { systemError, watchedFiles } from '../faulty-files.ts';
import { expectTrue, record } from '../read/small-segments.ts';

test('a manifest that cannot be written for a while heals: sealing goes on with the step that failed', async () => {
  const folder = join(temporaryFolder(), 'capture');
  let failures = 0;
  const files = watchedFiles(({ name, path }) => {
    if (path.endsWith('manifest.ndjson') && name === 'open' && (failures += 1) <= 5) throw systemError('EIO');
    return undefined;
  });
  const { segments, events } = await record({ folder, files });
  expect(failures).toBeGreaterThan(5);
  expect(segments).toHaveLength(4);
  expect(readdirSync(folder).filter((file) => file.endsWith('.partial'))).toEqual([]);
  expect(events.filter(({ kind }) => kind === 'sealed')).toHaveLength(4);
  await expectTrue(folder);
});

/**
 * Append mode as POSIX has it: a write that names a position goes there. Each write waits before it happens, and takes
 * at most so many bytes.
 */
function posixFiles(wait: () => Promise<void>, atMost = Number.POSITIVE_INFINITY): Files {
  async function open(path: string, flags: string, mode?: number): Promise<OpenFile> {
    const file = await nodeFiles.open(path, flags, mode);
    if (!flags.startsWith('a')) return file;
    const append = file.write.bind(file);
    const write = async (
      bytes: Uint8Array,
      from: number,
      length: number,
      at: number | null,
    ): Promise<unknown> => {
      await wait();
      const taken = Math.min(length, atMost);
      if (at === null) return await append(bytes, from, taken, null);
      const same = await nodeFiles.open(path, 'r+');
      try {
        return await same.write(bytes, from, taken, at);
      } finally {
        await same.close();
      }
    };
    // `write` of the port has overloads; this is the form that the writer calls.
    return Object.assign(file, { write: write as unknown as OpenFile['write'] });
  }
  return { ...nodeFiles, open };
}

test('sealing, compression and retention add to the manifest one after the other', async () => {
  const files = posixFiles(() => setTimeout(3), 100);
  const { folder } = await record({ files, compress: 'zstd', retention: { segments: 5 } }, 40);
  const lines = readFileSync(join(folder, 'manifest.ndjson'), 'utf8').trimEnd().split('\n');
  expect(lines.filter((line) => parseManifestEntry(line) === undefined)).toEqual([]);
  expect(lines.filter((line) => line.includes('"kind":"sealed"'))).toHaveLength(20);
  await expectTrue(folder);
});

function deletionOf(segment: number): ManifestEntry {
  const file = `run-00000${segment}.ndjson`;
  return {
    kind: 'deleted',
    file,
    segment: file,
    why: 'more than 2 segments',
    at: '2026-01-01T00:00:00.000Z',
  };
}

test('a line that is added late, by a holder that has lost the folder, stands after those of the next holder', async () => {
  const folder = temporaryFolder();
  const lock = { assertHeld: () => Promise.resolve() };
  const files = posixFiles(async () => {
    const next = await openManifest({ files: nodeFiles }, folder, lock);
    await next.append(deletionOf(1), deletionOf(2));
  });
  const late = await openManifest({ files }, folder, lock);
  await late.append(deletionOf(0));
  expect(await readManifest(nodeFiles, folder)).toEqual([1, 2, 0].map(deletionOf));
});

test('the manifest is read once a run, and written anew when most of it speaks of what is gone', async () => {
  const { folder } = await record();
  const path = join(folder, 'manifest.ndjson');
  const [line = ''] = readFileSync(path, 'utf8').split('\n');
  const entry = JSON.parse(line) as SealedEntry;
  const past = Array.from({ length: 1_500 }, (_, segment) => {
    const file = `old-${String(segment).padStart(6, '0')}.ndjson`;
    const deleted = { kind: 'deleted', file, segment: file, why: 'more than 2 segments', at: entry.at };
    return `${JSON.stringify({ ...entry, run: 'old', segment, file })}\n${JSON.stringify(deleted)}\n`;
  });
  const later = '{"kind":"of-a-later-version","file":"x"}';
  writeFileSync(path, `${past.join('')}${later}\n${readFileSync(path, 'utf8')}`);
  let reads = 0;
  const files: Files = {
    ...nodeFiles,
    open: async (name, flags, mode) => {
      if (name.endsWith('manifest.ndjson') && flags === 'r') reads += 1;
      return await nodeFiles.open(name, flags, mode);
    },
    readFile: (async (name: string, encoding: 'utf8') => {
      if (name.endsWith('manifest.ndjson')) reads += 1;
      return await nodeFiles.readFile(name, encoding);
    }) as Files['readFile'],
  };
  const { segments } = await record({ folder, files, run: 'next' });
  expect(reads).toBe(1);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.length).toBeLessThan(20);
  const { frames, bytes, at } = entry;
  expect(parseManifestEntry(lines[0] ?? '')).toEqual({
    kind: 'gone',
    run: 'old',
    from: 0,
    to: 1_499,
    how: 'deleted',
    frames: frames * 1_500,
    bytes: bytes * 1_500,
    at,
  });
  expect(lines).toContain(later);
  expect(segments).toHaveLength(4);
  await expectTrue(folder);
  // What is left of a run still keeps its name from another one.
  await expect(record({ folder, run: 'old' })).rejects.toMatchObject({ code: 'CAPTURE_OPTION' });
});

test('after an fsync of the manifest that failed, a new file takes its place', async () => {
  const folder = join(temporaryFolder(), 'capture');
  let failed = false;
  const calls: string[] = [];
  const files = watchedFiles(({ name, path }) => {
    if (path.endsWith('manifest.ndjson.tmp')) calls.push(name);
    if (!path.endsWith('manifest.ndjson') || name !== 'datasync' || failed) return undefined;
    failed = true;
    throw systemError('EIO');
  });
  await record({ folder, files });
  expect(calls).toEqual(['open', 'write', 'datasync', 'rename']);
  await expectTrue(folder);
});

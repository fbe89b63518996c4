import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { SealedEntry } from '@feedtape/capture';
import { openWriter, readManifest, repairCapture } from '@feedtape/capture/node';
import type { Files, WriterEvent } from '@feedtape/capture/node';
import { nodeFiles } from '#node/fs/node-file-system';
import { temporaryFolder } from '../capture-files.ts';
import { systemError, watchedFiles } from '../faulty-files.ts';
import { expectTrue, frame, record, url } from '../read/small-segments.ts';

const deletedIn = (events: readonly WriterEvent[]): readonly string[] =>
  events.flatMap((event) => (event.kind === 'deleted' ? [event.file] : []));

function stepClock(): { ms: number; stepMs: number; now: () => number; wallMs: () => number } {
  const clock = {
    ms: 1_000,
    stepMs: 0,
    now: () => clock.ms,
    wallMs: () => Date.UTC(2026, 10, 23) + clock.ms + clock.stepMs,
  };
  return clock;
}

const DAY_MS = 86_400_000;

test('a wall clock that is 40 days fast for a moment deletes nothing by age', async () => {
  const clock = stepClock();
  const old = await record({ clock, run: 'old' }, 20);
  const events: WriterEvent[] = [];
  const { folder } = old;
  const retention = { ms: 30 * DAY_MS };
  const writer = await openWriter({
    folder,
    url,
    run: 'run',
    clock,
    retention,
    rotate: { bytes: 2_500 },
    onEvent: (event) => events.push(event),
  });
  const count = (kind: string): number => events.filter((event) => event.kind === kind).length;
  async function frames(): Promise<void> {
    for (let n = 0; n < 4; n += 1) writer.frame(0, frame, (clock.ms += 1_000));
    await writer.drained();
    await expect.poll(() => count('opened') - count('sealed'), { timeout: 20_000 }).toBe(1);
    await setTimeout(100);
  }
  await frames();
  clock.stepMs = 40 * DAY_MS;
  await frames();
  clock.stepMs = 0;
  await frames();
  expect(deletedIn(events)).toEqual([]);
  // A month later by both clocks: what is older goes, the newest two stay.
  clock.ms += 31 * DAY_MS;
  await frames();
  clock.ms += 2 * 3_600_000;
  await frames();
  await writer.close();
  expect(deletedIn(events).slice(0, old.segments.length)).toEqual(old.segments);
  await expectTrue(folder);
});

test('a wall clock that is wrong from the start on has to be right for an hour before it counts', async () => {
  const clock = stepClock();
  const { folder } = await record({ clock, run: 'old' }, 20);
  clock.ms += 1_000;
  clock.stepMs = 40 * DAY_MS;
  const retention = { ms: 30 * DAY_MS };
  const { events } = await record({ folder, clock, run: 'second', retention }, 8);
  expect(deletedIn(events)).toEqual([]);
});

test.for(['EIO', 'EACCES', 'EPERM'])(
  'what was announced and could not be removed (%s) is removed when it can be, before anything else',
  async (code) => {
    const folder = join(temporaryFolder(), 'capture');
    let broken = true;
    const files = watchedFiles(({ name, path }) => {
      if (broken && name === 'unlink' && /ndjson(?:\.sha256)?$/u.test(path)) throw systemError(code);
      return undefined;
    });
    const first = await record({ folder, files, retention: { segments: 3 } }, 20);
    expect(deletedIn(first.events)).toEqual([]);
    expect(first.events.some(({ kind }) => kind === 'delete-failed')).toBe(true);
    // Nothing is gone from the middle, and nothing that is announced is entered anew.
    await expectTrue(folder);
    const second = await record({ folder, files, run: 'second', retention: { segments: 3 } }, 8);
    expect(second.segments).toHaveLength(4);
    const sealed = (await readManifest(nodeFiles, folder)).flatMap((entry) =>
      entry.kind === 'sealed' ? entry.file : [],
    );
    expect(sealed).toEqual([...new Set(sealed)]);
    broken = false;
    const announced = (await readManifest(nodeFiles, folder)).flatMap((entry) =>
      entry.kind === 'deleted' ? entry.file : [],
    );
    expect(announced.length).toBeGreaterThan(0);
    expect((await repairCapture(folder)).entered).toEqual([]);
    expect(readdirSync(folder).filter((file) => announced.includes(file))).toEqual([]);
    await record({ folder, files, run: 'third', retention: { segments: 3 } }, 8);
    expect(
      readdirSync(folder).filter((file) => file.endsWith('.ndjson') && file !== 'manifest.ndjson'),
    ).toEqual(['third-000001.ndjson', 'third-000002.ndjson', 'third-000003.ndjson']);
    await expectTrue(folder);
  },
);

test('a segment that is sealed late is as old as it is: nothing newer goes before it', async () => {
  const folder = join(temporaryFolder(), 'capture');
  let failing = true;
  const kinds: string[] = [];
  const files = watchedFiles(({ name, path }) => {
    if (failing && name === 'rename' && path.endsWith('run-000001.ndjson.partial')) throw systemError('EIO');
    return undefined;
  });
  const writer = await openWriter({
    folder,
    url,
    run: 'run',
    files,
    rotate: { bytes: 2_500 },
    retention: { segments: 3 },
    onEvent: ({ kind }) => kinds.push(kind),
  });
  for (let n = 0; n < 20; n += 1) writer.frame(0, frame, performance.now());
  // All but the one that cannot be and the open one.
  await expect.poll(() => kinds.filter((kind) => kind === 'sealed').length, { timeout: 20_000 }).toBe(8);
  await setTimeout(100);
  // Seven more than may stay are there, since one of them is older and cannot go.
  expect(readdirSync(folder)).toContain('run-000002.ndjson');
  failing = false;
  await expect.poll(() => kinds.filter((kind) => kind === 'sealed').length, { timeout: 20_000 }).toBe(9);
  await writer.close();
  const left = readdirSync(folder).filter((file) => /^run-\d+\.ndjson$/u.test(file));
  expect(left).toEqual(['run-000007.ndjson', 'run-000008.ndjson', 'run-000009.ndjson']);
  await expectTrue(folder);
});

test(
  'ending takes no longer for 2,000 segments that have to go: the next start goes on',
  { timeout: 60_000 },
  async () => {
    const { folder } = await record({}, 8);
    const path = join(folder, 'manifest.ndjson');
    const [line = ''] = readFileSync(path, 'utf8').split('\n');
    const entry = JSON.parse(line) as SealedEntry;
    const text = readFileSync(join(folder, entry.file));
    const many = Array.from({ length: 2_000 }, (_, segment) => {
      const file = `old-${String(segment).padStart(6, '0')}.ndjson`;
      writeFileSync(join(folder, file), text, { mode: 0o600 });
      writeFileSync(join(folder, `${file}.sha256`), `${entry.sha256}  ${file}\n`, { mode: 0o600 });
      return `${JSON.stringify({ ...entry, run: 'old', segment, file })}\n`;
    });
    writeFileSync(path, `${many.join('')}${readFileSync(path, 'utf8')}`);
    const slow: Files = {
      ...nodeFiles,
      unlink: async (name) => {
        await setTimeout(5);
        await nodeFiles.unlink(name);
      },
    };
    const writer = await openWriter({ folder, url, run: 'next', files: slow, retention: { segments: 4 } });
    writer.frame(0, frame, performance.now());
    const begin = performance.now();
    await writer.close();
    expect(performance.now() - begin).toBeLessThan(3_000);
    let left = readdirSync(folder)
      .filter((file) => /^old-\d+\.ndjson$/u.test(file))
      .toSorted();
    expect(left.length).toBeGreaterThan(500);
    expect(left.length).toBeLessThan(2_000);
    // Always the beginning.
    const from = 2_000 - left.length;
    expect(left).toEqual(left.map((_, index) => `old-${String(from + index).padStart(6, '0')}.ndjson`));
    const announced = (await readManifest(nodeFiles, folder)).filter(({ kind }) => kind === 'deleted');
    expect(announced.length).toBeLessThan(1_000);
    for (let next = 0; next < 20 && left.length > 0; next += 1) {
      await record({ folder, run: `next${next}`, retention: { segments: 4 } }, 8);
      left = readdirSync(folder).filter((file) => file.startsWith('old-'));
    }
    expect(left).toEqual([]);
    await expectTrue(folder);
  },
);

test('a start on a disk that is full of old segments deletes what may go, so that the next one has room', async () => {
  const { folder } = await record({ run: 'old' }, 20);
  const before = (await readManifest(nodeFiles, folder)).length;
  const files = watchedFiles(({ name, path }) => {
    const isNew = name === 'write' && path.includes('/run-');
    if (isNew && readdirSync(folder).filter((file) => file.endsWith('.ndjson')).length > 6)
      throw systemError('ENOSPC');
    return undefined;
  });
  const options = { folder, url, run: 'run', files, retention: { segments: 4 } };
  await expect(openWriter(options)).rejects.toMatchObject({
    code: 'CAPTURE_IO',
    details: { errno: 'ENOSPC' },
  });
  expect(before).toBeGreaterThan(6);
  const writer = await openWriter(options);
  writer.frame(0, frame, performance.now());
  await writer.close();
  await expectTrue(folder);
});

/** What it lists is 50 ms old. */
async function slowReaddir(path: string): Promise<string[]> {
  const names = await nodeFiles.readdir(path);
  await setTimeout(50);
  return names;
}

test('a segment that is sealed while the folder is listed is not taken for missing', async () => {
  const files = { ...nodeFiles, readdir: slowReaddir as Files['readdir'] };
  const { folder } = await record({ files, retention: { segments: 3 } }, 40);
  const kept = readdirSync(folder).filter((file) => file.endsWith('.ndjson') && file.startsWith('run-'));
  expect(kept).toEqual(['run-000017.ndjson', 'run-000018.ndjson', 'run-000019.ndjson']);
});

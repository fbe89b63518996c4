// @module-tag slow

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startExchange } from '@feedtape/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const MIB = 1024 * 1024;

/** A disk of our own; undefined where mounting is not allowed. */
function smallDisk(size: string): string | undefined {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'feedtape-test', folder], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

interface Entry {
  readonly kind: 'sealed' | 'compressed' | 'deleted';
  readonly file: string;
  readonly segment: number | string;
  readonly why: string;
}

const manifest = (folder: string): readonly Entry[] =>
  readFileSync(join(folder, 'manifest.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);

const segments = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => /\d{6}\.ndjson(?:\.zst)?$/u.test(name))
    .toSorted();

/** Records a lively market into small segments until `done`, and ends as Ctrl-C does. */
async function recordUntil(
  folder: string,
  options: readonly string[],
  done: (deleted: readonly Entry[], sealed: readonly Entry[]) => boolean,
): Promise<void> {
  const exchange = await startExchange({ products: ['BTC-USD'], rate: 2_000, startAt: 'now', depth: 200 });
  onTestFinished(() => exchange.close());
  const running = start([
    'record',
    '-p',
    'BTC-USD',
    '--url',
    exchange.url,
    '--out',
    folder,
    '--rotate-size',
    '256KiB',
    ...options,
  ]);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  await running.says(/recording 1s/u);
  const entries = (): readonly Entry[] => manifest(folder);
  await expect
    .poll(
      () => {
        const [deleted, sealed] = ['deleted', 'sealed'].map((kind) =>
          entries().filter((entry) => entry.kind === kind),
        );
        return done(deleted ?? [], sealed ?? []);
      },
      { timeout: 40_000, interval: 200 },
    )
    .toBe(true);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(0);
}

/** Deleted were the oldest, each one said so before it went, the newest two are there, and what is left verifies. */
async function expectTidy(folder: string, why: RegExp): Promise<void> {
  const entries = manifest(folder);
  const sealed = entries.filter(({ kind }) => kind === 'sealed').map(({ file }) => file);
  const deleted = entries.filter(({ kind }) => kind === 'deleted');
  expect(deleted.map(({ segment }) => segment)).toEqual(sealed.slice(0, deleted.length));
  for (const entry of deleted) expect(entry.why).toMatch(why);
  const left = segments(folder).map((file) => file.replace('.zst', ''));
  expect(left).toEqual(sealed.slice(deleted.length));
  expect(left.length).toBeGreaterThanOrEqual(2);
  const { code, json } = await feedtape(['verify', folder, '--json']);
  // The exchange lost nothing, and what was deleted is not missing.
  expect(json()).toMatchObject({ ok: true, findings: [], missing: 0, gaps: 0 });
  expect(code).toBe(0);
  expect((await feedtape(['inspect', folder, '--json'])).json()).toMatchObject({ missing: 0, gaps: 0 });
}

test('by number: the oldest are deleted, compressed or not', { timeout: 90_000 }, async () => {
  const folder = temporaryFolder();
  const options = ['--keep-segments', '3', '--compress', 'zstd'];
  await recordUntil(folder, options, (deleted) => deleted.length >= 4);
  await expectTidy(folder, /^more than 3 segments$/u);
  expect(segments(folder).length).toBeLessThanOrEqual(4);
});

test('by size', { timeout: 90_000 }, async () => {
  const folder = temporaryFolder();
  await recordUntil(folder, ['--keep-size', '1MiB'], (deleted) => deleted.length >= 3);
  await expectTidy(folder, /^more than 1048576 bytes$/u);
  const size = segments(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  expect(size).toBeLessThan(2 * MIB);
});

test('by age: the newest two stay at any age', { timeout: 90_000 }, async () => {
  const folder = temporaryFolder();
  await recordUntil(folder, ['--keep-age', '1ms'], (deleted) => deleted.length >= 3);
  await expectTidy(folder, /^older than 1 ms$/u);
  expect(segments(folder).length).toBeLessThanOrEqual(3);
});

test('by free space: the disk does not fill up', { timeout: 90_000 }, async ({ skip }) => {
  const disk = smallDisk('16m');
  if (disk === undefined) return skip('mounting a tmpfs needs root');
  writeFileSync(join(disk, 'of-somebody-else'), Buffer.alloc(6 * MIB));
  const folder = join(disk, 'captures');
  await recordUntil(
    folder,
    ['--keep-free', '4MiB'],
    (deleted, sealed) => deleted.length >= 3 && sealed.length >= 8,
  );
  await expectTidy(folder, /^less than 4194304 bytes free$/u);
  // No more was deleted than had to go.
  expect(segments(folder).length).toBeGreaterThan(8);
});

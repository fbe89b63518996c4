// @module-tag slow

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { unfinishedPath } from '@feedtape/capture/node';
import { expect, test } from 'vitest';
import { capturedFrames } from '../captured-frames.ts';
import { feedtape, start } from '../feedtape.ts';
import { productionFrames } from '../production-frames.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { filesOf } from './tables.ts';

test('an existing folder is never overwritten or extended: exit code 73', async () => {
  const capture = await capturedFrames(productionFrames);
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mine'), 'as it was');
  const occupied = await feedtape(['export', capture, '--out', folder]);
  expect(occupied.stderr).toContain('exists and is not empty');
  expect(occupied.code).toBe(73);
  const file = await feedtape(['export', capture, '--out', join(folder, 'mine')]);
  expect(file.code).toBe(73);
  expect(readdirSync(folder)).toEqual(['mine']);
  expect(readFileSync(join(folder, 'mine'), 'utf8')).toBe('as it was');
});

test('an empty folder is used; the files are readable only by their owner', async () => {
  const capture = await capturedFrames(productionFrames);
  const out = join(temporaryFolder(), 'empty');
  mkdirSync(out);
  expect((await feedtape(['export', capture, '--out', out])).code).toBe(0);
  const files = filesOf(out).filter((name) => name.endsWith('.parquet'));
  expect(files.length).toBeGreaterThan(0);
  expect(files.map((name) => statSync(join(out, name)).mode & 0o077)).toEqual(files.map(() => 0));
  expect(statSync(out).mode & 0o077).toBe(0);
});

test('nothing to read, or nowhere to write, is exit code 74 and leaves nothing behind', async () => {
  const folder = temporaryFolder();
  const missing = await feedtape(['export', join(folder, 'absent'), '--out', join(folder, 'out')]);
  expect(missing.code).toBe(74);
  const capture = await capturedFrames(productionFrames);
  const nowhere = await feedtape(['export', capture, '--out', join(folder, 'no', 'parent')]);
  expect(nowhere.stderr).toContain('no folder');
  expect(nowhere.code).toBe(74);
  expect(readdirSync(folder)).toEqual([]);
});

test('damage in the capture ends the export with its position and leaves nothing behind', async () => {
  const capture = await capturedFrames(productionFrames);
  const segment =
    readdirSync(capture).find((name) => name.endsWith('.ndjson') && name !== 'manifest.ndjson') ?? '';
  const lines = readFileSync(join(capture, segment), 'utf8').split('\n');
  writeFileSync(join(capture, segment), lines.with(20, '{"kind":"frame"').join('\n'));
  const folder = temporaryFolder();
  const { code, stderr } = await feedtape(['export', capture, '--out', join(folder, 'out')]);
  expect(stderr).toContain(segment);
  expect(code).toBe(74);
  expect(readdirSync(folder)).toEqual([]);
});

test.for([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s stops it: no folder under the final name, none under another, exit code %i',
  async ([signal, code]) => {
    const [snapshot = Buffer.alloc(0)] = productionFrames;
    const capture = await capturedFrames(Array.from({ length: 1500 }, () => snapshot));
    const folder = temporaryFolder();
    const running = start(['export', capture, '--out', join(folder, 'out')]);
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    running.child.kill(signal);
    const ended = await running.finished;
    expect(ended.stderr).toContain('Interrupted');
    expect(ended.code).toBe(code);
    expect(readdirSync(folder)).toEqual([]);
  },
);

test('what a killed export has left goes with the next one to the same place, and no other', async () => {
  const capture = await capturedFrames(productionFrames);
  const folder = temporaryFolder();
  const { pid } = spawnSync(process.execPath, ['--version']);
  const leftBy = (number: number, name: string): string => {
    const path = unfinishedPath(join(folder, name)).replace(`-${process.pid}-`, `-${number}-`);
    mkdirSync(path);
    writeFileSync(join(path, 'part'), '');
    return basename(path);
  };
  leftBy(pid, 'out');
  const others = [leftBy(process.pid, 'out'), leftBy(pid, 'other')];
  expect((await feedtape(['export', capture, '--out', join(folder, 'out')])).code).toBe(0);
  expect(readdirSync(folder).toSorted()).toEqual(['out', ...others].toSorted());
});

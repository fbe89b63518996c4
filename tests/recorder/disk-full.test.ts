// @module-tag slow

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const MIB = 1024 * 1024;

/** A disk of a few MiB of our own; undefined where mounting is not allowed. */
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

async function exchangeUrl(): Promise<string> {
  const exchange = start(['simulate', '--speed', '10', '--json']);
  onTestFinished(() => void exchange.child.kill('SIGKILL'));
  return String((await exchange.firstJson())['url']);
}

/** Takes what is left of a disk but for a little. */
function fillUp(disk: string, name: string): string {
  const { bavail, bsize } = statfsSync(disk);
  const filler = join(disk, name);
  writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - MIB / 2)));
  return filler;
}

test(
  'a disk that fills up three times: recording goes on, counts what is lost, resumes, and the metrics say so',
  { timeout: 120_000 },
  async ({ skip }) => {
    const disk = smallDisk('48m');
    if (disk === undefined) return skip('mounting a tmpfs needs root');
    const folder = join(disk, 'captures');
    const running = start([
      'record',
      '-p',
      'BTC-USD,ETH-USD',
      '--url',
      await exchangeUrl(),
      '--out',
      folder,
      '--listen',
      '0',
      '--json',
    ]);
    onTestFinished(() => void running.child.kill('SIGKILL'));
    const page = /http:\S+\//u.exec(await running.says(/status page: http:\S+\//u))?.[0] ?? '';
    const writable = async (): Promise<string | undefined> =>
      /^feedtape_capture_writable (\d)$/mu.exec(await (await fetch(`${page}metrics`)).text())?.[1];
    for (const cycle of [1, 2, 3]) {
      const filler = fillUp(disk, `filler-${cycle}`);
      await running.says(new RegExp(`(?:the disk is full[\\s\\S]*){${cycle}}`, 'u'));
      await expect.poll(writable, { timeout: 20_000 }).toBe('0');
      rmSync(filler);
      await running.says(new RegExp(`(?:the disk has room again[\\s\\S]*){${cycle}}`, 'u'));
      await expect.poll(writable, { timeout: 20_000 }).toBe('1');
    }
    running.child.kill('SIGINT');
    const { code, json } = await running.finished;
    expect(code).toBe(0);
    const verified = (await feedtape(['verify', folder, '--json'])).json();
    expect(verified).toMatchObject({ ok: true });
    expect(Number(verified['frames']) + Number(json()['dropped'])).toBe(json()['frames']);
  },
);

test(
  'with --on-full exit a full disk ends the recording with 74 and a sealed capture',
  { timeout: 120_000 },
  async ({ skip }) => {
    const disk = smallDisk('4m');
    if (disk === undefined) return skip('mounting a tmpfs needs root');
    const folder = join(disk, 'captures');
    const url = await exchangeUrl();
    const { code, stderr } = await feedtape([
      'record',
      '-p',
      'BTC-USD,ETH-USD',
      '--url',
      url,
      '--out',
      folder,
      '--on-full',
      'exit',
    ]);
    expect(stderr).toContain('the disk is full');
    expect(code).toBe(74);
    expect((await feedtape(['verify', folder])).code).toBe(0);
  },
);

/** Takes all of a disk that is left, to the last byte. */
function fillCompletely(disk: string): string {
  const filler = join(disk, 'filler');
  const descriptor = openSync(filler, 'w');
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(4096));
  } catch {
    closeSync(descriptor);
  }
  return filler;
}

test(
  'a start on a full disk waits for room, says so once, and then records',
  { timeout: 60_000 },
  async ({ skip }) => {
    const disk = smallDisk('16m');
    if (disk === undefined) return skip('mounting a tmpfs needs root');
    const folder = join(disk, 'captures');
    // A recorder that was killed: it has left a segment to seal, and the space that it kept aside.
    const killed = start(['record', '--simulate', '--out', folder]);
    await killed.says(/recording 1s/u);
    killed.child.kill('SIGKILL');
    await killed.finished;
    rmSync(join(folder, 'reserve.bin'));
    const filler = fillCompletely(disk);
    const left = readdirSync(folder);
    const running = start(['record', '--simulate', '--out', folder, '--frames', '50', '--json']);
    await running.says(/the disk is full: recording starts when there is room/u);
    await setTimeout(2_500);
    expect(readdirSync(folder)).toEqual(left);
    rmSync(filler);
    const { code, stderr, json } = await running.finished;
    expect({ code, frames: json()['frames'] }).toEqual({ code: 0, frames: 50 });
    expect(stderr.match(/the disk is full/gu)).toHaveLength(1);
    expect((await feedtape(['verify', folder, '--json'])).json()).toMatchObject({ ok: true, runs: 2 });
  },
);

test('a start on a full disk takes what a recorder that was killed there had kept aside', async ({
  skip,
}) => {
  const disk = smallDisk('16m');
  if (disk === undefined) return skip('mounting a tmpfs needs root');
  const folder = join(disk, 'captures');
  const killed = start(['record', '--simulate', '--out', folder]);
  await killed.says(/recording 1s/u);
  killed.child.kill('SIGKILL');
  await killed.finished;
  fillCompletely(disk);
  const { code, json } = await feedtape(['record', '--simulate', '--out', folder, '--frames', '5', '--json']);
  expect({ code, frames: json()['frames'] }).toEqual({ code: 0, frames: 5 });
  expect((await feedtape(['verify', folder])).code).toBe(0);
});

test.for(['record --simulate --on-full exit --out', 'repair'])(
  '%s on a full disk ends with 74, says what to do, and leaves nothing',
  async (line, { skip }) => {
    const disk = smallDisk('1m');
    if (disk === undefined) return skip('mounting a tmpfs needs root');
    const folder = join(disk, 'captures');
    mkdirSync(folder, { mode: 0o700 });
    fillCompletely(disk);
    const { code, stderr } = await feedtape([...line.split(' '), folder]);
    expect(code).toBe(74);
    expect(stderr).toMatch(/ENOSPC.*\nFree some space on that disk/u);
    expect(readdirSync(folder)).toEqual([]);
  },
);

test('a start that waits for room ends on the first signal, with its exit code', async ({ skip }) => {
  const disk = smallDisk('1m');
  if (disk === undefined) return skip('mounting a tmpfs needs root');
  fillCompletely(disk);
  const running = start(['record', '--simulate', '--out', join(disk, 'captures')]);
  await running.says(/recording starts when there is room/u);
  running.child.kill('SIGTERM');
  expect((await running.finished).code).toBe(143);
});

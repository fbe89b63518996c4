import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

// @module-tag slow

import { mkdtempSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openWriter } from '@feedtape/capture/node';
import { expect, onTestFinished, test, vi } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const START = Date.UTC(2026, 10, 30, 6);
const SEGMENTS = 40;
const SEGMENT_BYTES = 512 * 1024;

/** Forty segments of half a MiB, a minute each, of some 500 frames. */
async function recordForty(folder: string): Promise<void> {
  let now = 0;
  const clock = { now: () => now, wallMs: () => START + now };
  const writer = await openWriter({ folder, url: 'wss://example.test', clock, rotate: { ms: 60_000 } });
  for (let n = 0; n < SEGMENTS * 500; n += 1) {
    now = n * 120;
    const bytes = `{"channel":"ticker","sequence_num":${n},"events":[],"filler":"${'x'.repeat(900)}"}`;
    writer.frame(0, Buffer.from(bytes), now);
    if (n % 500 === 0) await writer.drained();
  }
  await writer.close();
}

/** Runs a command and counts the bytes that the system gave it to read. */
async function bytesRead(
  args: readonly string[],
): Promise<{ readonly read: number; readonly code: number | null }> {
  const counting = join(mkdtempSync(join(temporaryFolder(), 'count-')), 'count.mjs');
  writeFileSync(
    counting,
    `import { readFileSync } from 'node:fs';
     process.on('exit', () => {
       const [, read] = /rchar: (\\d+)/u.exec(readFileSync('/proc/self/io', 'latin1'));
       process.stderr.write('\\nread ' + read + '\\n');
     });`,
  );
  const { stderr, code } = await feedtape(args, { env: { NODE_OPTIONS: `--import ${counting}` } });
  return { read: Number(/^read (\d+)$/mu.exec(stderr)?.[1]), code };
}

test.skipIf(process.platform !== 'linux')(
  'cat, drift and export from a time read neither the segments before it nor those after the end',
  { timeout: 120_000 },
  async () => {
    const folder = temporaryFolder();
    await recordForty(folder);
    const times = ['--from', '2026-11-30T06:20:00Z', '--to', '2026-11-30T06:21:00Z'];
    const nothing = await bytesRead(['export', '--help']);
    for (const [name, ...args] of [
      ['cat', folder],
      ['drift', folder],
      ['export', folder, '--format', 'ndjson', '--out', join(folder, 'tables')],
    ] as const) {
      const { read, code } = await bytesRead([name, ...args, ...times]);
      expect(code).toBe(0);
      // The segment itself, and the starts of those that the bisection looks at; the modules of a command differ.
      expect(read - nothing.read).toBeLessThan(SEGMENTS * SEGMENT_BYTES * 0.4);
    }
  },
);

test(
  'cat --follow prints every frame of a recording once, and ends with 0 at Ctrl-C',
  { timeout: 120_000 },
  async () => {
    const folder = temporaryFolder();
    const recording = start([
      'record',
      '--simulate',
      '--json',
      '--duration=8s',
      '--rotate-size=64KiB',
      '--compress=zstd',
      '--keep-segments=20',
      `--out=${folder}`,
    ]);
    onTestFinished(() => void recording.child.kill('SIGKILL'));
    await recording.says(/recording 1s/u);
    const following = start(['cat', folder, '--follow', '--json']);
    onTestFinished(() => void following.child.kill('SIGKILL'));
    const { code, json } = await recording.finished;
    expect(code).toBe(0);
    const printed = (): string[] => following.soFar().trim().split('\n');
    await expect.poll(() => printed().length, { timeout: 20_000 }).toBe(Number(json()['frames']));
    await setTimeout(300);
    following.child.kill('SIGINT');
    const finished = await following.finished;
    expect(finished.stderr).toBe('');
    expect(finished.code).toBe(0);
    const next = new Map<number, number>();
    for (const line of printed()) {
      const { connection, index } = JSON.parse(line) as { connection: number; index: number };
      expect(index).toBe(next.get(connection) ?? 0);
      next.set(connection, index + 1);
    }
  },
);

/** Resolves when a process watches a folder, or where nothing tells, after long enough. */
async function watches(pid: number | undefined): Promise<void> {
  if (process.platform !== 'linux') return setTimeout(8_000);
  const folder = `/proc/${pid}/fd`;
  const isInotify = (fd: string): boolean => readlinkSync(join(folder, fd)).includes('inotify');
  await vi.waitUntil(
    () => {
      try {
        return readdirSync(folder).some(isInotify);
      } catch {
        // A descriptor that was closed meanwhile.
        return false;
      }
    },
    { timeout: 30_000 },
  );
  return setTimeout(500);
}

test('cat --follow --from now skips existing frames', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  const record = async (numbers: readonly number[]): Promise<void> => {
    const writer = await openWriter({ folder, url: 'wss://example.test' });
    for (const n of numbers) writer.frame(0, Buffer.from(`{"n":${n}}`), performance.now());
    await writer.close();
  };
  await record([1, 2]);
  const following = start(['cat', folder, '--follow', '--from', 'now']);
  onTestFinished(() => void following.child.kill('SIGKILL'));
  await watches(following.child.pid);
  await record([3, 4, 5]);
  await following.prints(/"n":5/u);
  following.child.kill('SIGTERM');
  const { stdout, code } = await following.finished;
  expect(stdout.toString()).toBe('{"n":3}\n{"n":4}\n{"n":5}\n');
  expect(code).toBe(0);
});

test('what cannot be followed is refused', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  expect((await feedtape(['cat', folder, '--from', 'now'])).code).toBe(64);
  expect((await feedtape(['cat', folder, folder, '--follow'])).code).toBe(64);
});

test.for([
  ['version-1.ndjson', 0],
  ['version-1-gap-not-shown.ndjson', 65],
] as const)('verify of the golden file %s ends with %i', async ([name, exitCode]) => {
  const path = new URL(`../../packages/capture/test/golden/${name}`, import.meta.url).pathname;
  const { code, json } = await feedtape(['verify', path, '--json']);
  expect(code).toBe(exitCode);
  expect(json()).toMatchObject({ frames: exitCode === 0 ? 5 : 4, broken: exitCode === 0 ? 0 : 1 });
});

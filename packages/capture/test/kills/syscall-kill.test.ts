// @module-tag slow
// @module-tag seeded

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repairCapture, verifyCapture } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { expectLedger, total } from '../recorded-frames.ts';
import { startRecorder } from './recorder-child.ts';

const RUN = 'run';
const SEED = 7;
/** Each third one; with FEEDTAPE_TIMES=3 every one. */
const STEP = Number(process.env['FEEDTAPE_TIMES'] ?? 1) >= 3 ? 1 : 3;
/** strace counts each of them by itself. */
const CALLS = [
  'openat',
  'write',
  'pwrite64',
  'pwritev',
  'fdatasync',
  'fsync',
  'ftruncate',
  'rename',
  'unlink',
  'link',
  'fchmod',
];

/** strace matches the names it is told, so it is told every name the run can use. */
function paths(folder: string): string[] {
  const segments = [0, 1, 2, 3, 4].map((n) => `${RUN}-00000${n}.ndjson`);
  const endings = [
    '',
    '.partial',
    '.sha256',
    '.sha256.tmp',
    '.zst',
    '.zst.tmp',
    '.zst.sha256',
    '.zst.sha256.tmp',
  ];
  const names = [
    ...segments.flatMap((name) => endings.map((ending) => name + ending)),
    'manifest.ndjson',
    'reserve.bin',
  ];
  return [folder, ...names.map((name) => join(folder, name))];
}

const strace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']);
const missing = strace.status === 0 ? undefined : 'strace is not installed or may not trace';

interface Point {
  readonly call: string;
  readonly number: number;
}

interface Outcome {
  readonly name: string;
  readonly folder: string;
  readonly ended: number | string;
  readonly durable: number;
}

async function killAt({ call, number }: Point, root: string): Promise<Outcome> {
  const name = `${call} ${number}`;
  const folder = join(root, name.replace(' ', '-'));
  mkdirSync(folder, { mode: 0o700 });
  const options = {
    folder,
    url: 'wss://example.test',
    run: RUN,
    rotate: { bytes: 1_500 },
    reserveBytes: 4096,
  };
  const task = {
    options: { ...options, fsync: 'always' },
    seed: SEED,
    connections: 2,
    frames: 9,
    verbose: true,
  } as const;
  const traced = paths(folder).flatMap((path) => ['-P', path]);
  const inject = `inject=${call}:signal=SIGKILL:when=${number}`;
  const before = ['strace', '-f', '-qq', '-o', '/dev/null', ...traced, '-e', `trace=${call}`, '-e', inject];
  // One thread for the file system, since strace also counts each thread by itself.
  const child = startRecorder(task, ['env', 'UV_THREADPOOL_SIZE=1', ...before]);
  const ended = await child.ended;
  const durable = child.lines.findLast((line) => line.startsWith('durable '));
  return { name, folder, ended, durable: Number(durable?.slice('durable '.length) ?? 0) };
}

/** What must hold wherever the process was killed. */
async function expectRecovered({ name, folder, durable }: Outcome): Promise<void> {
  await repairCapture(folder);
  const { frames } = expectLedger(folder, RUN, SEED);
  expect(total(frames), `${name}: a durable frame is gone`).toBeGreaterThanOrEqual(durable);
  const left = readdirSync(folder);
  const unfinished = left.filter((file) => /\.(?:partial|tmp)$/u.test(file));
  expect({ name, unfinished }).toEqual({ name, unfinished: [] });
  if (!left.some((file) => file.endsWith('.ndjson') && file !== 'manifest.ndjson')) return;
  const { ok, findings } = await verifyCapture(folder);
  expect({ name, ok, findings }).toMatchObject({ ok: true });
}

test.skipIf(missing !== undefined)(
  `SIGKILL at ${STEP === 1 ? 'every' : 'each third'} system call that touches the folder leaves what can be sealed and verified${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  { timeout: 600_000 },
  async () => {
    const root = temporaryFolder();
    let points = 0;
    const calls = [...CALLS];
    // Two at a time: each spends much of its time waiting.
    const lane = async (): Promise<void> => {
      for (let call = calls.shift(); call !== undefined; call = calls.shift()) {
        for (let number = 1; ; number += STEP) {
          const outcome = await killAt({ call, number }, root);
          await expectRecovered(outcome);
          if (outcome.ended === 0) break;
          expect(outcome).toMatchObject({ ended: 'SIGKILL' });
          points += 1;
        }
      }
    };
    await Promise.all([lane(), lane()]);
    expect(points).toBeGreaterThan(50 / STEP);
  },
);

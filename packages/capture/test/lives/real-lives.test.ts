// @module-tag slow

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { repairCapture, verifyCapture } from '@feedtape/capture/node';
import type { WriterResult } from '@feedtape/capture/node';
import { judgeFolder } from './folder-oracle.ts';
import { createLedger, makeFrame } from './life-ledger.ts';
import type { LifeLedger } from './life-ledger.ts';
import type { RealLife } from './real-life-process.ts';
import { mixed, seededRandom } from './seeded-random.ts';
import type { SeededRandom } from './seeded-random.ts';
import { planWorld } from './world-plan.ts';
import type { LifePlan, WorldPlan } from './world-plan.ts';

// The lives of `lives.test.ts` on a real file system: a process for each, killed at a random system call or at a
// random instant, the next one in the same folder, and the same judge.

const NIGHTLY = process.env['FEEDTAPE_NIGHTLY'] === '1';
const LIVES = Number(process.env['FEEDTAPE_REAL_LIVES'] ?? (NIGHTLY ? 500 : 10));
const PROGRAM = fileURLToPath(new URL('real-life-process.ts', import.meta.url));
const CALLS = [
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
const hasStrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

interface Lived {
  readonly lines: readonly string[];
  readonly killed: boolean;
}

/** Lives a life in a process of its own, which is killed somewhere. */
async function liveOnce(task: RealLife, random: SeededRandom): Promise<Lived> {
  const atCall = hasStrace && random.chance(0.7);
  const call = random.pick(CALLS);
  const inject = `inject=${call}:signal=SIGKILL:when=${Math.ceil(random.next() ** 2 * 30)}`;
  // Without a position only the manifest is written, and much that is no file.
  const only = call === 'write' ? ['-P', join(task.folder, 'manifest.ndjson')] : [];
  // One thread for the file system, since strace counts each thread by itself.
  const before = atCall
    ? ['strace', '-f', '-qq', '-o', '/dev/null', ...only, '-e', `trace=${call}`, '-e', inject]
    : [];
  const command = [
    ...before,
    process.execPath,
    '--conditions=@feedtape/source',
    PROGRAM,
    JSON.stringify(task),
  ];
  const child = spawn(command[0] as string, command.slice(1), {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const killAfterMs = atCall || random.chance(0.2) ? undefined : random.whole(0, 80);
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    if (line === 'ready' && killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  const ended = await new Promise<number | string | null>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  expect({ ended, errors: errors.join('') }).toMatchObject({ ended: ended === 0 ? 0 : 'SIGKILL' });
  return { lines, killed: ended === 'SIGKILL' };
}

/** What a life may have handed over at most, and what it reported. */
function ledgerOf({ run, life }: RealLife, { lines, killed }: Lived): LifeLedger {
  const ledger = createLedger(run);
  for (const step of life.steps) {
    if (step.do === 'frames') {
      const handed = ledger.frames.get(step.connection) ?? [];
      ledger.frames.set(step.connection, handed);
      for (let n = 0; n < step.count; n += 1)
        handed.push(makeFrame(run, step.connection, handed.length, step.of));
    } else if (['open', 'close', 'sent', 'gap'].includes(step.do)) {
      ledger.notices.push(ledger.notices.length + 1);
    }
  }
  const [, written = '0', durable = '0'] =
    lines.findLast((line) => line.startsWith('reported '))?.split(' ') ?? [];
  const closed = lines.find((line) => line.startsWith('closed '));
  const result = closed === undefined ? undefined : (JSON.parse(closed.slice(7)) as WriterResult);
  return Object.assign(ledger, {
    written: Number(written),
    durable: Number(durable),
    ending: killed ? 'killed' : 'closed',
    result,
  });
}

/** A plan without what only a simulation can do. */
function realPlan(seed: number): WorldPlan {
  const plan = planWorld(seed);
  const lives = plan.lives.map((life): LifePlan => ({ ...life, faults: [], crash: null }));
  // An age is nothing that can be waited for here.
  const retention = plan.retention?.ms === undefined ? plan.retention : { segments: 4 };
  return { ...plan, lives, retention };
}

async function liveWorldForReal(
  seed: number,
): Promise<{ ledgers: readonly LifeLedger[]; wrong: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'feedtape-real-life-'));
  const plan = realPlan(seed);
  const random = seededRandom(mixed(seed, 'real'));
  const ledgers: LifeLedger[] = [];
  try {
    for (const [number, life] of plan.lives.entries()) {
      const task = { folder, run: `r${number}`, life, retention: plan.retention };
      ledgers.push(ledgerOf(task, await liveOnce(task, random)));
      if (!life.repaired && number < plan.lives.length - 1) continue;
      await repairCapture(folder);
      const names = readdirSync(folder);
      const { wrong, segments } = judgeFolder(
        new Map(names.map((name) => [name, readFileSync(join(folder, name))])),
        { ledgers, foreign: new Map(), gone: new Map(), settled: false, retention: plan.retention },
      );
      if (wrong.length > 0) return { ledgers, wrong };
      if (segments === 0) continue;
      const { findings } = await verifyCapture(folder);
      const broken = findings.filter(({ severity }) => severity === 'broken');
      if (broken.length > 0) return { ledgers, wrong: broken.map((one) => JSON.stringify(one)) };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { ledgers, wrong: [] };
}

test(
  `${LIVES} lives of real processes, killed ${hasStrace ? 'at random system calls and instants' : 'at random instants (strace is not installed)'}, lose nothing but what is stated`,
  { timeout: 60_000 + LIVES * 10_000 },
  async () => {
    let killed = 0;
    for (let seed = 1, lived = 0; lived < LIVES; seed += 1) {
      const { ledgers, wrong } = await liveWorldForReal(seed);
      expect({ seed, wrong }).toEqual({ seed, wrong: [] });
      lived += ledgers.length;
      killed += ledgers.filter(({ ending }) => ending === 'killed').length;
    }
    expect(killed).toBeGreaterThan(LIVES / 4);
  },
);

// @module-tag slow
// @module-tag seeded

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseTimestamp } from '@feedtape/capture';
import { repairCapture, verifyCapture } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { expectLedger } from '../recorded-frames.ts';
import { startRecorder } from './recorder-child.ts';

const NIGHTLY = process.env['FEEDTAPE_NIGHTLY'] === '1';
const KILLS = 25 * Number(process.env['FEEDTAPE_TIMES'] ?? 1);

/** Seeded, so that a failure can be run again. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** How many ms a process has been ready to run and was not let to, all threads together; 0 where nobody says. */
function waitedMs(pid = 0): number {
  const threads = `/proc/${pid}/task`;
  if (!existsSync(threads)) return 0;
  const waits = readdirSync(threads).map((thread) => {
    try {
      const [, ns] = readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ');
      return Number(ns) / 1e6;
    } catch {
      return 0; // It has ended since it was listed, or the kernel keeps no such count.
    }
  });
  return waits.reduce((sum, ms) => sum + ms, 0);
}

test(
  `${KILLS} SIGKILLs at random instants: every whole line survives, and nothing is repeated or out of order`,
  { timeout: 3_600_000 },
  async () => {
    const seed = Number(process.env['FEED_SEED'] ?? 20_261_123);
    const random = sequence(seed);
    const folder = temporaryFolder();
    const options = { folder, url: 'wss://example.test', rotate: { bytes: 100_000 }, fsync: { everyMs: 20 } };
    const lags: number[] = [];
    let torn = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const ledger = seed + kill;
      const child = startRecorder({ options, seed: ledger, connections: 2, pace: 5 });
      const run = (await child.said('ready')).slice('ready '.length);
      const waitedBefore = waitedMs(child.process.pid);
      await setTimeout(random() * (NIGHTLY ? 300 : 80));
      const waited = waitedMs(child.process.pid) - waitedBefore;
      const killedMs = Date.now();
      child.process.kill('SIGKILL');
      expect(await child.ended).toBe('SIGKILL');
      const report = await repairCapture(folder);
      torn += report.sealed.filter(({ tornBytes }) => tornBytes > 0).length;
      const { lastAt, gaps, frames } = expectLedger(folder, run, ledger);
      for (const gap of gaps) expect(gap).toMatchObject({ why: 'crash', count: null });
      // A connection that has frames was open; one whose first frames were lost may be named too.
      const cut = [...frames.keys()];
      expect(gaps.map(({ connection }) => connection)).toEqual(expect.arrayContaining(cut));
      expect(gaps.length).toBeLessThanOrEqual(2);
      // A recorder that was not let to run on a busy machine can't have written; on a quiet one `waited` is 0.
      if (lastAt !== undefined) lags.push(killedMs - waited - Number(parseTimestamp(lastAt) ?? 0n) / 1e6);
    }
    const { findings, ok } = await verifyCapture(folder);
    expect({ ok, findings: findings.slice(0, 5) }, `seed=${seed}`).toMatchObject({ ok: true });
    expect(readdirSync(folder).filter((file) => /\.(?:partial|tmp)$/u.test(file))).toEqual([]);
    // The kernel takes a write whole, nearly always; R3 cuts at every byte.
    expect(torn).toBeLessThanOrEqual(KILLS);
    lags.sort((a, b) => a - b);
    expect(lags.length).toBeGreaterThan(KILLS / 3);
    // A few dozen kills have no 99th percentile, and the disk may be busy with other tests.
    expect(lags[Math.floor(lags.length * 0.99)]).toBeLessThan(NIGHTLY ? 50 : 5_000);
  },
);

// @module-tag slow

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWriter } from '@feedtape/capture/node';
import { expect, test } from 'vitest';

function run(
  name: string,
  ...args: readonly string[]
): { status: number | null; stdout: string; stderr: string } {
  const program = join(import.meta.dirname, '../src', name);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@feedtape/source', program, ...args],
    {
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

const tape = new URL(
  '../../packages/protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv',
  import.meta.url,
);

const productionFrames = readFileSync(tape, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => Buffer.from(line.slice(line.indexOf('\t') + 1)));

test('gaps.ts watches a feed and counts its trades', () => {
  expect(run('gaps.ts')).toEqual({ status: 0, stdout: 'at least 100 trades\n', stderr: '' });
});

test('own-recorder.ts records a feed out of two packages', () => {
  expect(run('own-recorder.ts')).toEqual({ status: 0, stdout: 'many frames in 1 segment\n', stderr: '' });
});

test('replay-in-a-test.ts counts the frames of a capture', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'feedtape-example-'));
  try {
    const writer = await openWriter({ folder, url: 'wss://advanced-trade-ws.coinbase.com' });
    for (const bytes of productionFrames) writer.frame(0, bytes, performance.now());
    await writer.close();
    const channels = '{ l2_data: 27, subscriptions: 3, market_trades: 3, heartbeats: 1 }';
    expect(run('replay-in-a-test.ts', folder).stdout).toBe(`${channels} 0 missing\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

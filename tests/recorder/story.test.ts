// @module-tag slow

import { join } from 'node:path';
import { startExchange } from '@feedtape/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from './export/duckdb.ts';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

// docs/a-first-day.md tells the same story with its real output.
test(
  'a first day: record with faults, look, stop, verify, inspect, replay, cut, export, query',
  { timeout: 180_000 },
  async () => {
    const exchange = await startExchange({ products: ['BTC-USD', 'ETH-USD'], startAt: 'now', speed: 3 });
    onTestFinished(() => exchange.close());
    const home = temporaryFolder();
    const [captures, again, report, tables] = ['captures', 'again', 'report.ndjson', 'tables'].map((name) =>
      join(home, name),
    ) as [string, string, string, string];

    const recording = start([
      'record',
      '-p',
      'BTC-USD,ETH-USD',
      '--url',
      exchange.url,
      '--out',
      captures,
      '--listen',
      '0',
      '--json',
    ]);
    await recording.says(/recording 1s/u);
    exchange.faults.inject({ kind: 'drop' });
    await recording.says(/1 frame missing[\s\S]*resynchronised/u);
    exchange.faults.inject({ kind: 'close', code: 1001 });
    const said = await recording.says(/since the connection was lost[\s\S]*disconnected \(close code 1001/u);
    const page = /status page: (\S+)/u.exec(said)?.[1] ?? '';
    const status = (await (await fetch(new URL('status.json', page))).json()) as {
      totals: Record<string, number>;
    };
    expect(status.totals).toMatchObject({ gaps: 2, unknownGaps: 1, gapFrames: 1, disconnects: 1 });
    await recording.says(/close code 1001[\s\S]*resynchronised/u);
    recording.child.kill('SIGINT');
    const summary = (await recording.finished).json();
    expect(summary).toMatchObject({ connections: 2, gaps: 2, missing: 1, unknownGaps: 1 });

    expect((await feedtape(['verify', captures, '--json'])).json()).toMatchObject({
      ok: true,
      gaps: 2,
      missing: 1,
      frames: summary['frames'],
    });
    expect((await feedtape(['inspect', captures])).stdout.toString()).toMatch(
      /1 gap by sequence \(1 missing\)[\s\S]*1 gap by disconnect/u,
    );

    const replay = start(['replay', captures, '--speed', 'max', '--json']);
    onTestFinished(() => void replay.child.kill('SIGKILL'));
    const { url } = await replay.firstJson();
    const frames = String(summary['frames']);
    const copied = await feedtape([
      'record',
      '-p',
      'BTC-USD,ETH-USD',
      '--url',
      String(url),
      '--frames',
      frames,
      '--recovery',
      'report',
      '--out',
      again,
      '--json',
    ]);
    expect(copied.json()).toMatchObject({ frames: summary['frames'], missing: 1 });
    const [original, copy] = await Promise.all([feedtape(['cat', captures]), feedtape(['cat', again])]);
    expect(copy.stdout.equals(original.stdout)).toBe(true);

    const cut = await feedtape([
      'cut',
      captures,
      '-p',
      'BTC-USD',
      '-c',
      'market_trades',
      '--out',
      report,
      '--json',
    ]);
    expect((await feedtape(['verify', report, '--json'])).json()).toMatchObject({
      ok: true,
      frames: cut.json()['frames'],
    });

    expect((await feedtape(['export', captures, '--out', tables])).code).toBe(0);
    const query = await openDatabase();
    const [row] = await query(
      `SELECT count(*) AS trades, count(DISTINCT product) AS products FROM read_parquet('${tables}/trades/**/*.parquet', hive_partitioning = true)`,
    );
    expect(Number(row?.['products'])).toBe(2);
    expect(Number(row?.['trades'])).toBeGreaterThan(200);
  },
);

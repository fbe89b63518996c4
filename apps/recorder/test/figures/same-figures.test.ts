// @module-tag slow
// @module-tag seeded

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { parseSegmentName } from '@feedtape/capture/node';
import { createProgram } from '#program';
import { bytesText } from '#output/format';
import { figuresOf } from '#read/sequence-figures';
import { summaryOf } from '#record/summary';
import type { StatusSnapshot } from '#status/model/status-snapshot';
import { expect, test } from 'vitest';
import { addFigures, isBeginningOf, noFigures } from './ledger-figures.ts';
import { framesByConnection, recordWorld, waysOf } from './recorded-world.ts';

const TIMES = Number(process.env['FEEDTAPE_TIMES'] ?? 1);
// FEED_SEED=17 runs one world again; FEED_SEEDS=500 is the nightly form, FEED_FIRST_SEED=100 where it begins.
const { FEED_SEED: one, FEED_SEEDS: many = 10 * TIMES, FEED_FIRST_SEED: first = '0' } = process.env;
const seeds =
  one === undefined
    ? Array.from({ length: Number(many) }, (_, index) => Number(first) + index)
    : [Number(one)];

const SECONDS = 12;

const sum = { ...noFigures(), unknownGaps: 0 };

/** What a command prints, run in this process. */
async function said(...args: readonly string[]): Promise<string> {
  const stdout = new PassThrough();
  const terminal = {
    stdout,
    stderr: new PassThrough(),
    stdin: new PassThrough(),
    env: {},
    apiSecret: { isSet: false, take: () => '' },
    name: 'feedtape',
  };
  const program = await createProgram(args, terminal);
  await program.parseAsync([...args, '--quiet'], { from: 'user' });
  stdout.end();
  return Buffer.concat(await stdout.toArray()).toString();
}

const printed = async (...args: readonly string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await said(...args, '--json')) as Record<string, unknown>;

/** As the page and the live view say them. */
function shownFigures({ totals }: StatusSnapshot): object {
  return { ...totals, missing: totals.gapFrames - totals.late, dropped: 0 };
}

test.for(seeds)(
  'record, page, verify, inspect, export and the ledger of the exchange say the same figures (FEED_SEED=%i)',
  { timeout: 120_000 },
  async (seed) => {
    const folder = mkdtempSync(join(tmpdir(), 'feedtape-figures-'));
    try {
      const capture = join(folder, 'capture');
      const { result, status, ledger } = await recordWorld(seed, capture, SECONDS);
      const recorded = summaryOf(result, capture);
      const figures = { frames: recorded.frames, ...figuresOf(recorded) };

      const verified = await printed('verify', capture);
      expect({ ways: waysOf(seed), findings: verified['findings'] }).toEqual({
        ways: waysOf(seed),
        findings: [],
      });
      expect(verified).toMatchObject(figures);
      const inspected = await printed('inspect', capture);
      expect(inspected).toMatchObject(figures);
      expect(verified['bytesOnDisk']).toBe(inspected['bytesOnDisk']);
      const exported = await printed(
        'export',
        capture,
        '--out',
        join(folder, 'tables'),
        '--format',
        'ndjson',
      );
      expect(exported).toMatchObject({ ...figuresOf(recorded), frames: { read: recorded.frames } });
      expect(status === undefined ? figures : shownFigures(status)).toMatchObject(figures);

      const truth = noFigures();
      const connections = await framesByConnection(capture);
      expect(connections.length).toBe(figures.connections);
      for (const [index, frames] of connections.entries()) {
        const page = ledger.connections[index]!;
        expect(isBeginningOf(page, frames)).toBe(true);
        addFigures(truth, page, frames.length);
      }
      const { connections: _, gaps, unknownGaps, dropped, ...rest } = figures;
      expect(dropped).toBe(0);
      expect({ ...rest, gaps: gaps - unknownGaps }).toEqual(truth);
      for (const name of Object.keys(truth) as (keyof typeof truth)[]) sum[name] += truth[name];
      sum.unknownGaps += unknownGaps;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test('verify and inspect report the same bytes, compressed or not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'feedtape-figures-'));
  try {
    for (const seed of [0, 2]) {
      const capture = join(folder, String(seed));
      await recordWorld(seed, capture, SECONDS);
      const files = readdirSync(capture).filter((name) => parseSegmentName(name) !== undefined);
      const bytes = files.reduce((total, name) => total + statSync(join(capture, name)).size, 0);
      expect(waysOf(seed).small).toBe(seed === 0);
      for (const command of ['verify', 'inspect']) {
        expect(await printed(command, capture)).toMatchObject({ bytesOnDisk: bytes });
        expect(await said(command, capture)).toContain(` · ${bytesText(bytes)} on disk · `);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);

test.skipIf(one !== undefined)(
  `the generated recordings contain every counted event${one === undefined ? '' : ' (skipped: FEED_SEED chose one recording)'}`,
  () => {
    expect(Object.entries(sum).filter(([, count]) => count === 0)).toEqual([]);
  },
);

// @module-tag slow

import { expect, test } from 'vitest';
import { feedtape, type Finished } from './feedtape.ts';
import { productionFrames, serveFrames } from './production-frames.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function recorded(frames: readonly Buffer[]): Promise<{ folder: string; summary: Finished }> {
  const url = await serveFrames(frames);
  const folder = temporaryFolder();
  const products = ['--product', 'BTC-USD', '--product', 'ETH-USD'];
  const summary = await feedtape([
    'record',
    '--url',
    url,
    ...products,
    '--frames',
    String(frames.length),
    '--out',
    folder,
    '--json',
  ]);
  return { folder, summary };
}

const lines = (frames: readonly Buffer[]): Buffer =>
  Buffer.concat(frames.flatMap((frame) => [frame, Buffer.from('\n')]));

const without = (index: number): Buffer[] => productionFrames.filter((_, position) => position !== index);

test('production frames are recorded over a real socket and come back byte for byte, without a gap', async () => {
  const { folder, summary } = await recorded(productionFrames);
  expect(summary.stderr).not.toMatch(/error/iu);
  expect(summary.code).toBe(0);
  expect(summary.json()).toMatchObject({ frames: 34, connections: 1, gaps: 0, missing: 0, duplicates: 0 });

  const verified = await feedtape(['verify', folder, '--json']);
  expect(verified.json()).toMatchObject({ ok: true, frames: 34, gaps: 0, missing: 0 });
  expect(verified.code).toBe(0);

  const frames = await feedtape(['cat', folder]);
  expect(frames.stdout.equals(lines(productionFrames))).toBe(true);
});

test('frame 17 left out is exactly one gap of one frame', async () => {
  const { folder, summary } = await recorded(without(17));
  expect(summary.json()).toMatchObject({ frames: 33, gaps: 1, missing: 1, duplicates: 0, late: 0 });
  expect((await feedtape(['verify', folder, '--json'])).json()).toMatchObject({
    ok: true,
    gaps: 1,
    missing: 1,
  });
});

test('frames 20 and 21 swapped are one gap, filled by one late frame', async () => {
  const swapped = productionFrames
    .with(20, productionFrames[21] as Buffer)
    .with(21, productionFrames[20] as Buffer);
  const { folder, summary } = await recorded(swapped);
  expect(summary.json()).toMatchObject({ frames: 34, gaps: 1, missing: 0, late: 1, duplicates: 0 });
  expect((await feedtape(['verify', folder, '--json'])).json()).toMatchObject({
    ok: true,
    gaps: 1,
    missing: 0,
    late: 1,
  });
});

test('frame 5 sent twice is one duplicate and no gap', async () => {
  const twice = productionFrames.toSpliced(5, 0, productionFrames[5] as Buffer);
  const { folder, summary } = await recorded(twice);
  expect(summary.json()).toMatchObject({ frames: 35, gaps: 0, missing: 0, duplicates: 1 });
  expect((await feedtape(['verify', folder, '--json'])).json()).toMatchObject({
    ok: true,
    gaps: 0,
    duplicates: 1,
  });
});

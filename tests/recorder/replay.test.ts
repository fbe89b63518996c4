// @module-tag slow

import { expect, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('a capture is replayed to a second recorder, and both hold the same frames', async () => {
  const [first, second] = [temporaryFolder(), temporaryFolder()];
  const recorded = (
    await feedtape(['record', '--simulate', '--duration', '2s', '--out', first, '--json'])
  ).json();
  const replay = start(['replay', first, '--speed', 'max', '--json']);
  const { url, keys } = await replay.firstJson();
  // Its only place: over HTTP a replay gives nobody its keys.
  expect(keys).toMatchObject([
    { algorithm: 'ES256', privateKey: expect.stringContaining('PRIVATE KEY') },
    {},
  ]);
  const frames = String(recorded['frames']);
  const products = 'BTC-USD,ETH-USD,SOL-USD';
  const again = await feedtape([
    'record',
    '-p',
    products,
    '--url',
    String(url),
    '--frames',
    frames,
    '--out',
    second,
    '--json',
  ]);
  replay.child.kill('SIGINT');
  expect((await replay.finished).code).toBe(0);

  expect(again.json()).toMatchObject({ frames: recorded['frames'], connections: 1, gaps: 0, missing: 0 });
  const [original, copy] = await Promise.all([feedtape(['cat', first]), feedtape(['cat', second])]);
  expect(copy.stdout.equals(original.stdout)).toBe(true);
});

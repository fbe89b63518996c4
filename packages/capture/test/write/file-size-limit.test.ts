import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWriter, verifyCapture } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { systemError, watchedFiles } from '../faulty-files.ts';
import { expectLedger, segmentsOf, total } from '../recorded-frames.ts';
import { startRecorder } from '../kills/recorder-child.ts';

const url = 'wss://example.test';
const SEED = 9;
const LIMIT_KIB = 200;

const skipped = process.platform === 'linux' ? '' : ' (skipped: the limit is read from /proc)';

test.skipIf(skipped !== '')(
  `under ulimit -f segments end while there is room to seal them, and nothing is lost${skipped}`,
  async () => {
    const folder = join(temporaryFolder(), 'capture');
    const frames = 4_000;
    const child = startRecorder(
      {
        options: { folder, url, run: 'run', fsync: { everyMs: 20 } },
        seed: SEED,
        connections: 2,
        pace: 20,
        frames,
      },
      ['bash', '-c', `ulimit -f ${LIMIT_KIB}; exec "$@"`, 'limited'],
    );
    expect(await child.ended).toBe(0);
    expect(await child.said('closed')).toContain(`"frames":${frames},"dropped":0`);
    expect(total(expectLedger(folder, 'run', SEED).frames)).toBe(frames);
    expect(readdirSync(folder).filter((file) => file.endsWith('.partial'))).toEqual([]);
    const sizes = segmentsOf(folder, 'run').map((file) => statSync(join(folder, file)).size);
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(LIMIT_KIB * 1024);
    expect(await verifyCapture(folder)).toMatchObject({ ok: true });
  },
);

test('what was dropped is stated in another segment when the open one may not grow any more', async () => {
  for (let bytes = 2_800; bytes < 3_800; bytes += 100) {
    const folder = join(temporaryFolder(), 'capture');
    const writer = await openWriter({
      folder,
      url,
      run: 'run',
      fsync: 'never',
      maxQueuedBytes: 5_000,
      reserveBytes: 0,
      environment: { maxFileBytes: 5_000 },
    });
    for (let n = 0; n < 2; n += 1)
      writer.frame(0, Buffer.from(`{"filler":"${'x'.repeat(bytes)}"}`), performance.now());
    expect(await writer.close()).toMatchObject({ frames: 1, dropped: 1 });
    const names = readdirSync(folder);
    expect(names.filter((file) => file.endsWith('.partial'))).toEqual([]);
    const lines = segmentsOf(folder, 'run').map((file) => readFileSync(join(folder, file), 'utf8'));
    expect(lines.join('')).toContain('"why":"backpressure"');
    expect(await verifyCapture(folder)).toMatchObject({ ok: true });
  }
});

test('a line that no file may hold ends the recording, instead of opening segments for ever', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const files = watchedFiles(({ name, bytes = 0 }) => {
    if (name === 'write' && bytes > 2_000) throw systemError('EFBIG');
    return undefined;
  });
  const writer = await openWriter({ folder, url, run: 'run', files, reserveBytes: 0 });
  writer.frame(0, Buffer.from(`{"filler":"${'x'.repeat(3_000)}"}`), performance.now());
  const { frames, dropped, segments } = await writer.close();
  expect({ frames, dropped, state: writer.stats.state }).toEqual({ frames: 0, dropped: 1, state: 'failed' });
  expect(segments.length).toBeLessThan(5);
  expect(await verifyCapture(folder)).toMatchObject({ ok: true });
});

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import { nodeFiles } from '#node/fs/node-file-system';
import type { Files, WriterOptions } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { ledgerFrame, ledgerPlace } from '../ledger.ts';
import { expectLedger, recordsIn, segmentsOf, total } from '../recorded-frames.ts';
import { startRecorder } from '../kills/recorder-child.ts';

const url = 'wss://example.test';
const SEED = 5;

test('a signal under load seals everything that was taken, and the process ends well', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const child = startRecorder({ options: { folder, url, run: 'run' }, seed: SEED, connections: 2, pace: 5 });
  await child.said('ready');
  await setTimeout(100);
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(0);
  const closed = JSON.parse((await child.said('closed')).slice('closed '.length)) as {
    offered: number;
    frames: number;
  };
  expect(closed.frames).toBe(closed.offered);
  expect(total(expectLedger(folder, 'run', SEED).frames)).toBe(closed.offered);
  expect(await verifyCapture(folder)).toMatchObject({ ok: true });
});

test('a second signal ends at once and leaves what repair can seal', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const child = startRecorder({ options: { folder, url, run: 'run' }, seed: SEED, connections: 2, pace: 5 });
  await child.said('ready');
  await setTimeout(50);
  child.process.kill('SIGINT');
  child.process.kill('SIGINT');
  expect([0, 130]).toContain(await child.ended);
  await repairCapture(folder).catch(() => undefined);
  expectLedger(folder, 'run', SEED);
  expect(await verifyCapture(folder)).toMatchObject({ ok: true });
});

/** A disk whose every fdatasync takes so long. */
function slowDisk(ms: number): Files {
  return {
    ...nodeFiles,
    async open(path, flags, mode) {
      const file = await nodeFiles.open(path, flags, mode);
      const datasync = async (): Promise<void> => {
        await setTimeout(ms);
        await file.datasync();
      };
      return new Proxy(file, {
        get: (target, key) => {
          const value: unknown = key === 'datasync' ? datasync : Reflect.get(target, key);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
}

test('a slow disk delays nothing but itself: no frame is lost while there is room to wait', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const writer = await openWriter({ folder, url, run: 'run', fsync: { everyMs: 50 }, files: slowDisk(400) });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  let offered = 0;
  const end = performance.now() + 1_500;
  while (performance.now() < end) {
    for (let n = 0; n < 20; n += 1) {
      const { connection, index } = ledgerPlace(offered, 2);
      const { bytes, binary } = ledgerFrame(SEED, connection, index);
      writer.frame(connection, bytes, performance.now(), binary);
      offered += 1;
    }
    await setTimeout(2);
  }
  delay.disable();
  const { dropped, frames } = await writer.close();
  expect({ dropped, frames }).toEqual({ dropped: 0, frames: offered });
  // Half of one fdatasync: it would be all of it if anything waited for the disk.
  expect(delay.percentile(90) / 1e6).toBeLessThan(200);
  expect(total(expectLedger(folder, 'run', SEED).frames)).toBe(offered);
});

test('a frame of 16 MiB is one record, and the frames around it are whole', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const writer = await openWriter({ folder, url, run: 'run' });
  const big = Buffer.from(`{"a":"${'x'.repeat(16 * 1024 * 1024 - 16)}"}`);
  writer.frame(0, Buffer.from('{"n":0}'), 1);
  writer.frame(0, big, 2);
  writer.frame(0, Buffer.concat([big, Buffer.from('\n')]), 3);
  writer.frame(0, Buffer.from('{"n":1}'), 4);
  await writer.close();
  const lengths = segmentsOf(folder, 'run')
    .flatMap((file) => recordsIn(join(folder, file)))
    .flatMap((record) => (record.kind === 'frame' ? [`${record.encoding} ${record.payload.length}`] : []));
  expect(lengths).toEqual(['raw 7', `raw ${big.length}`, `text ${big.length + 2 + 4 + 2}`, 'raw 7']);
});

test('a request is recorded without its token, however it is handed over', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const writer = await openWriter({ folder, url, run: 'run' });
  const request = {
    type: 'subscribe',
    channel: 'user',
    jwt: 'eyJ.secret.x',
    nested: [{ signature: 'secret' }],
  };
  writer.sent(0, request);
  writer.sent(0, JSON.stringify(request));
  writer.sent(0, 'not JSON: secret');
  writer.connection(0, 'rejected', { likely: request, kind: 'end', at: 'forged', mono: 'forged' });
  await writer.close();
  const text = segmentsOf(folder, 'run')
    .map((file) => spawnSync('cat', [join(folder, file)]).stdout.toString())
    .join('');
  expect(text).not.toContain('secret');
  expect(recordsIn(join(folder, 'run-000000.ndjson')).map(({ kind }) => kind)).toEqual([
    'header',
    'sent',
    'sent',
    'sent',
    'connection',
    'end',
  ]);
});

test('a connection or a time that is no number makes no broken line', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const writer = await openWriter({ folder, url, run: 'run' });
  for (const odd of [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, 2 ** 53]) {
    writer.frame(odd, Buffer.from('{}'), odd);
    writer.frame(0, Buffer.from('not JSON'), odd);
  }
  await writer.close();
  expect(recordsIn(join(folder, 'run-000000.ndjson')).filter(({ kind }) => kind === 'frame').length).toBe(10);
  expect(await verifyCapture(folder)).toMatchObject({ ok: true });
});

test('frames after close are dropped and counted, and a second close changes nothing', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const writer = await openWriter({ folder, url, run: 'run' });
  writer.frame(0, Buffer.from('{}'), 1);
  const closing = writer.close();
  writer.frame(0, Buffer.from('{}'), 2);
  writer.connection(0, 'close');
  expect(await closing).toEqual(await writer.close());
  expect(writer.stats).toMatchObject({ frames: 1, durableFrames: 1, dropped: 1 });
});

test.for<Partial<WriterOptions>>([
  { rotate: { bytes: 0 } },
  { fsync: { everyMs: -1 } },
  { maxQueuedBytes: Number.NaN },
])('an option that makes no sense is refused: %j', async (options) => {
  await expect(openWriter({ folder: temporaryFolder(), url, ...options })).rejects.toMatchObject({
    code: 'CAPTURE_OPTION',
  });
});

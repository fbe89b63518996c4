// @module-tag slow

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { openWriter, readManifest, verifyCapture } from '@feedtape/capture/node';
import type { WriterEvent } from '@feedtape/capture/node';
import { nodeFiles } from '#node/fs/node-file-system';
import { temporaryFolder } from '../capture-files.ts';
import { watchedFiles } from '../faulty-files.ts';
import { ledgerFrame, ledgerPlace } from '../ledger.ts';
import { expectLedger, recordsIn, segmentsOf, total } from '../recorded-frames.ts';

const url = 'wss://example.test';
const SEED = 3;

/** A clock that the test moves. */
function handClock(): { now: () => number; wallMs: () => number; ms: number; stepMs: number } {
  const clock = {
    ms: 1_000,
    stepMs: 0,
    now: () => clock.ms,
    wallMs: () => Date.UTC(2026, 10, 23) + clock.ms + clock.stepMs,
  };
  return clock;
}

test(
  'hundreds of rotations a millisecond apart lose nothing and repeat nothing',
  { timeout: 120_000 },
  async () => {
    const folder = join(temporaryFolder(), 'capture');
    const clock = handClock();
    const rotations = process.env['FEEDTAPE_NIGHTLY'] === '1' ? 10_000 : 500;
    const writer = await openWriter({ folder, url, run: 'run', clock, rotate: { ms: 1 }, fsync: 'never' });
    let offered = 0;
    for (let n = 0; n < rotations; n += 1) {
      clock.ms += 1;
      for (let k = 0; k < 20; k += 1) {
        const { connection, index } = ledgerPlace(offered, 3);
        const { bytes, binary } = ledgerFrame(SEED, connection, index);
        writer.frame(connection, bytes, clock.ms + k / 20, binary);
        offered += 1;
      }
      if (writer.queuedBytes > 8_000_000) await writer.drained();
      else await setImmediate();
    }
    const { segments } = await writer.close();
    expect(segments.length).toBeGreaterThanOrEqual(rotations - 1);
    expect(segments).toEqual(segmentsOf(folder, 'run'));
    expect(total(expectLedger(folder, 'run', SEED).frames)).toBe(offered);
    const { ok, findings } = await verifyCapture(folder);
    expect({ ok, findings: findings.slice(0, 3) }).toMatchObject({ ok: true });
  },
);

test('the next segment is there before the old one is sealed', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const calls: string[] = [];
  const files = watchedFiles(({ name, path }) => {
    const file = path.slice(folder.length + 1);
    if (file.startsWith('run-')) calls.push(`${name} ${file}`);
    return undefined;
  });
  const writer = await openWriter({
    folder,
    url,
    run: 'run',
    rotate: { bytes: 1_500 },
    fsync: 'never',
    files,
  });
  for (let n = 0; n < 4; n += 1) {
    writer.frame(0, Buffer.from(`{"n":${n},"filler":"${'x'.repeat(600)}"}`), performance.now());
    await writer.drained();
  }
  await writer.close();
  const opened = calls.indexOf('open run-000001.ndjson.partial');
  const renamed = calls.indexOf('rename run-000000.ndjson.partial');
  const synced = calls.lastIndexOf('datasync run-000000.ndjson.partial', renamed);
  const written = calls.lastIndexOf('write run-000000.ndjson.partial', renamed);
  expect([opened, written, synced, renamed]).toEqual(
    [opened, written, synced, renamed].toSorted((a, b) => a - b),
  );
  expect(opened).toBeGreaterThan(0);
});

test('a quiet feed rotates by age too, on the monotonic clock, whatever the wall clock does', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const clock = handClock();
  const writer = await openWriter({ folder, url, run: 'run', clock, rotate: { ms: 60_000 } });
  writer.frame(0, Buffer.from('{"n":0}'), clock.now());
  clock.stepMs += 3_600_000;
  await vi.waitUntil(() => writer.stats.frames === 1);
  writer.frame(0, Buffer.from('{"n":1}'), clock.now());
  // A segment that a step had ended would have been left before this frame was written.
  await vi.waitUntil(() => writer.stats.frames === 2);
  expect(writer.stats.segments).toBe(1);
  clock.ms += 61_000;
  clock.stepMs -= 7_200_000;
  await vi.waitUntil(() => writer.stats.segments === 2, { timeout: 10_000 });
  expect((await writer.close()).segments.length).toBe(2);
});

test('a step that a new segment meets first is one record too', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const clock = handClock();
  const events: WriterEvent[] = [];
  const onEvent = (event: WriterEvent): number => events.push(event);
  const writer = await openWriter({ folder, url, run: 'run', clock, rotate: { ms: 60_000 }, onEvent });
  writer.frame(0, Buffer.from('{"n":0}'), clock.now());
  clock.ms += 61_000;
  clock.stepMs += 3_600_000;
  writer.frame(0, Buffer.from('{"n":1}'), clock.now());
  await vi.waitUntil(() => events.some(({ kind }) => kind === 'clock-step'), { timeout: 10_000 });
  writer.frame(0, Buffer.from('{"n":2}'), clock.now());
  await writer.close();
  const times = recordsIn(join(folder, 'run-000001.ndjson')).flatMap((record) =>
    'at' in record ? [`${record.kind} ${record.at}`] : [],
  );
  // Until the step is stated, time goes on as the segment before left it.
  expect(times).toEqual([
    'header 2026-11-23T00:01:02.000000000Z',
    'frame 2026-11-23T00:01:02.000000000Z',
    'clock 2026-11-23T01:01:02.000000000Z',
    'frame 2026-11-23T01:01:02.000000000Z',
  ]);
});

test('a step just before the end is stated too', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const clock = handClock();
  const writer = await openWriter({ folder, url, run: 'run', clock });
  writer.frame(0, Buffer.from('{"n":0}'), clock.now());
  clock.ms += 10;
  clock.stepMs -= 120_000;
  await writer.close();
  const records = recordsIn(join(folder, 'run-000000.ndjson'));
  expect(records.map(({ kind }) => kind)).toEqual(['header', 'frame', 'clock', 'end']);
  expect(records[2]).toMatchObject({ offsetMs: -120_000 });
});

test('a step of the wall clock is one record with its size, and the monotonic clock never goes back', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const clock = handClock();
  const events: WriterEvent[] = [];
  const writer = await openWriter({ folder, url, run: 'run', clock, onEvent: (event) => events.push(event) });
  const steps = [3_600_000, -3_720_001, 120_000, -120_000.5, 51];
  for (const [n, step] of steps.entries()) {
    writer.frame(0, Buffer.from(`{"n":${n}}`), clock.now());
    clock.ms += 1_000;
    clock.stepMs += step;
    await vi.waitUntil(() => events.filter(({ kind }) => kind === 'clock-step').length === n + 1, {
      timeout: 10_000,
    });
    writer.frame(0, Buffer.from(`{"n":${n},"after":true}`), clock.now());
  }
  // Later than it was received: the stamp of the frame before is the least it can have.
  writer.frame(0, Buffer.from('{"late":true}'), clock.now() - 500);
  writer.frame(0, Buffer.from('{"no":"number"}'), Number.NaN);
  await writer.close();
  const records = recordsIn(join(folder, 'run-000000.ndjson'));
  const offsets = records.flatMap((record) => (record.kind === 'clock' ? [record.offsetMs] : []));
  expect(offsets.length).toBe(steps.length);
  for (const [n, offset] of offsets.entries()) expect(Math.abs(offset - (steps[n] ?? 0))).toBeLessThan(2);
  const monos = records.flatMap((record) => ('mono' in record ? [record.mono] : []));
  expect(monos).toEqual(monos.toSorted((a, b) => a - b));
  const frames = records.flatMap((record) => (record.kind === 'frame' ? [record.at] : []));
  expect(frames.slice(0, 3)).toEqual([
    '2026-11-23T00:00:01.000000000Z',
    '2026-11-23T01:00:02.000000000Z',
    '2026-11-23T01:00:02.000000000Z',
  ]);
});

test('retention deletes sealed segments, oldest first, never the newest two, and says so first', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const events: WriterEvent[] = [];
  const options = { folder, url, rotate: { bytes: 2_000 }, retention: { bytes: 1 } } as const;
  const writer = await openWriter({ ...options, run: 'run', onEvent: (event) => events.push(event) });
  for (let n = 0; n < 12; n += 1)
    writer.frame(0, Buffer.from(`{"filler":"${'x'.repeat(900)}"}`), performance.now());
  const { segments } = await writer.close();
  expect(segmentsOf(folder, 'run')).toEqual(segments.slice(-2));
  const deleted = (await readManifest(nodeFiles, folder)).flatMap((entry) =>
    entry.kind === 'deleted' ? entry.file : [],
  );
  expect(deleted).toEqual(segments.slice(0, -2));
  expect(events.flatMap((event) => (event.kind === 'deleted' ? [event.file] : []))).toEqual(deleted);
  expect(readdirSync(folder).filter((file) => file.endsWith('.sha256')).length).toBe(2);
  const { ok, findings } = await verifyCapture(folder);
  expect({ ok, findings }).toMatchObject({ ok: true });
});

import { globSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { parseTimestamp } from '@feedtape/capture';
import type { CaptureRecord, HeaderRecord } from '@feedtape/capture';
import { verifyCapture } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { expectLedger, recordsIn, segmentsOf, total } from '../recorded-frames.ts';
import { startRecorder } from '../kills/recorder-child.ts';
import type { RecorderChild } from '../kills/recorder-child.ts';

// The clocks of a real process, not of the test: its wall clock is moved by libfaketime, its monotonic clock
// is the machine's.

const NIGHTLY = process.env['FEEDTAPE_NIGHTLY'] === '1';
const SEED = 14;
/** Shorter than the time between two looks at the wall clock: a step may be first met by a new segment. */
const ROTATE_MS = 150;
const NS_PER_MS = 1_000_000;
const options = { url: 'wss://example.test', run: 'run', rotate: { ms: ROTATE_MS }, fsync: { everyMs: 50 } };

const library = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0];
const skipped = library === undefined ? ' (skipped: libfaketime is not installed)' : '';

/** A command that runs a process whose wall clock is off by what the file says. */
function withWallClock(file: string): string[] {
  return [
    'env',
    `LD_PRELOAD=${library}`,
    `FAKETIME_TIMESTAMP_FILE=${file}`,
    'FAKETIME_NO_CACHE=1',
    'FAKETIME_DONT_FAKE_MONOTONIC=1',
    'NO_FAKE_STAT=1',
  ];
}

/** Replaces the file at once: half an offset must never be read. */
function setOffset(file: string, ms: number, factor = 1): void {
  const speed = factor === 1 ? '' : ` x${factor}`;
  writeFileSync(`${file}.new`, `${ms < 0 ? '' : '+'}${(ms / 1000).toFixed(3)}${speed}\n`);
  renameSync(`${file}.new`, file);
}

async function saidTimes(child: RecorderChild, line: string, times: number): Promise<void> {
  const isLine = (said: string): boolean => said === line;
  await vi.waitFor(() => expect(child.lines.filter(isLine).length).toBeGreaterThanOrEqual(times), {
    timeout: 20_000,
    interval: 10,
  });
}

async function sealsAnother(child: RecorderChild, segments: number): Promise<void> {
  const sealed = child.lines.filter((line) => line === 'event sealed').length;
  await saidTimes(child, 'event sealed', sealed + segments);
}

async function stop(child: RecorderChild): Promise<{ offered: number; frames: number }> {
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(0);
  const closed = await child.said('closed');
  return JSON.parse(closed.slice('closed '.length)) as { offered: number; frames: number };
}

interface Placed {
  readonly kind: CaptureRecord['kind'];
  /** Since the start of the run, in ns. */
  readonly mono: number;
  /** Since the start of its segment, in ns. */
  readonly age: number;
  /** The wall clock in ms since 1970. */
  readonly wallMs: number;
  /** Of a step of the wall clock; 0 for all other records. */
  readonly stepMs: number;
}

/** Everything that has a time, in the order of the run. */
function timesOf(folder: string): Placed[] {
  return segmentsOf(folder, 'run').flatMap((file) => {
    const records = recordsIn(join(folder, file));
    const zero = (records[0] as HeaderRecord).mono ?? 0;
    return records.flatMap((record) => {
      if (record.kind === 'checkpoint' || record.kind === 'end') return [];
      const age = record.kind === 'header' ? 0 : record.mono;
      const stepMs = record.kind === 'clock' ? record.offsetMs : 0;
      const wallMs = Number(parseTimestamp(record.at)) / NS_PER_MS;
      return [{ kind: record.kind, mono: zero + age, age, wallMs, stepMs }];
    });
  });
}

/** Each segment ended at the first thing that came when it was old enough: neither sooner nor later. */
function expectRotatedByAge(times: readonly Placed[]): void {
  const monos = times.map(({ mono }) => mono);
  expect(monos).toEqual(monos.toSorted((a, b) => a - b));
  const starts = times.filter(({ kind }) => kind === 'header').map(({ mono }) => mono);
  const lengths = starts.slice(1).map((start, n) => start - (starts[n] ?? 0));
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(ROTATE_MS * NS_PER_MS);
  expect(Math.max(...times.map(({ age }) => age))).toBeLessThan(ROTATE_MS * NS_PER_MS);
}

test.skipIf(library === undefined)(
  `each step of the wall clock is one record with its size, and disturbs neither monotonic time nor rotation${skipped}`,
  { timeout: 120_000 },
  async () => {
    const root = temporaryFolder();
    const folder = join(root, 'capture');
    const file = join(root, 'offset');
    setOffset(file, 0);
    const task = { options: { ...options, folder }, seed: SEED, connections: 2, pace: 2, verbose: true };
    const child = startRecorder(task, withWallClock(file));
    await child.said('ready');
    await sealsAnother(child, 1);
    const steps: { sizeMs: number; at: number }[] = [];
    let offsetMs = 0;
    for (const sizeMs of [3_600_000, -3_720_001, 120_000]) {
      offsetMs += sizeMs;
      setOffset(file, offsetMs);
      // When the new time is there, on the new clock.
      steps.push({ sizeMs, at: Date.now() + offsetMs });
      await saidTimes(child, 'event clock-step', steps.length);
      await sealsAnother(child, 2);
    }
    const { offered, frames } = await stop(child);
    expect(frames).toBe(offered);
    expect(total(expectLedger(folder, 'run', SEED).frames)).toBe(offered);

    const times = timesOf(folder);
    expectRotatedByAge(times);
    const clocks = times.filter(({ kind }) => kind === 'clock');
    expect(clocks.length).toBe(steps.length);
    for (const [n, { sizeMs, at }] of steps.entries()) {
      const { stepMs, wallMs } = clocks[n] as Placed;
      expect(Math.abs(stepMs - sizeMs)).toBeLessThanOrEqual(NIGHTLY ? 2 : 5);
      expect(wallMs - at).toBeLessThan(NIGHTLY ? 1_000 : 5_000);
    }
    // What lies between two steps follows the wall clock: the two clocks keep their distance.
    let expectedMs = times[0]?.wallMs ?? 0;
    for (const { stepMs, mono, wallMs } of times) {
      expectedMs += stepMs;
      expect(Math.abs(wallMs - mono / NS_PER_MS - expectedMs)).toBeLessThanOrEqual(50);
    }
    const { ok, findings } = await verifyCapture(folder);
    expect({ ok, findings }).toMatchObject({ ok: true });
  },
);

/** One percent takes five seconds to become a step; a change is tested with a clock that gets there sooner. */
const DRIFT = NIGHTLY ? 0.01 : 0.25;

test.skipIf(library === undefined)(
  `a wall clock that runs ${DRIFT * 100} % fast is followed in steps, and monotonic time is not${skipped}`,
  { timeout: 120_000 },
  async () => {
    const root = temporaryFolder();
    const folder = join(root, 'capture');
    const file = join(root, 'offset');
    setOffset(file, 0, 1 + DRIFT);
    const { rotate: _, ...untilTheEnd } = options;
    const task = { options: { ...untilTheEnd, folder }, seed: SEED, connections: 2, pace: 2, verbose: true };
    const child = startRecorder(task, withWallClock(file));
    await child.said('ready');
    await saidTimes(child, 'event clock-step', 3);
    const { offered, frames } = await stop(child);
    expect(frames).toBe(offered);

    const times = timesOf(folder);
    const monos = times.map(({ mono }) => mono);
    expect(monos).toEqual(monos.toSorted((a, b) => a - b));
    expect(Math.max(...times.map(({ stepMs }) => -stepMs))).toBeLessThanOrEqual(0);
    const steps = times.filter(({ kind }) => kind === 'clock');
    for (const { stepMs } of steps) expect(stepMs).toBeGreaterThan(50);
    // Up to the last step the stamps have gone as far as the clock that they follow.
    const start = times[0]?.wallMs ?? 0;
    const { mono, wallMs } = steps.at(-1) as Placed;
    expect(Math.abs(wallMs - start - (mono / NS_PER_MS) * (1 + DRIFT))).toBeLessThan(NIGHTLY ? 10 : 50);
    const { ok, findings } = await verifyCapture(folder);
    expect({ ok, findings }).toMatchObject({ ok: true });
  },
);

const STOP_MS = NIGHTLY ? 10_000 : 2_000;

test(`a process that is stopped for ${STOP_MS / 1000} s loses nothing, and takes the pause for no step`, async () => {
  const folder = join(temporaryFolder(), 'capture');
  const task = { options: { ...options, folder }, seed: SEED, connections: 2, pace: 2, verbose: true };
  const child = startRecorder(task);
  await child.said('ready');
  await sealsAnother(child, 1);
  child.process.kill('SIGSTOP');
  await setTimeout(STOP_MS);
  child.process.kill('SIGCONT');
  await sealsAnother(child, 2);
  const { offered, frames } = await stop(child);
  expect(frames).toBe(offered);
  expect(total(expectLedger(folder, 'run', SEED).frames)).toBe(offered);

  const times = timesOf(folder);
  const pauses = times.map(({ mono }, n) => mono - (times[n - 1]?.mono ?? 0));
  expect(Math.max(...pauses) / NS_PER_MS).toBeGreaterThan(STOP_MS - 100);
  expect(times.filter(({ kind }) => kind === 'clock')).toEqual([]);
  const { ok, findings } = await verifyCapture(folder);
  expect({ ok, findings }).toMatchObject({ ok: true });
});

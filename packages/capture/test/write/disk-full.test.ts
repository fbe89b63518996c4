import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import type { CaptureWriter, Files, WriterEvent } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { systemError } from '../faulty-files.ts';
import { ledgerFrame, ledgerPlace } from '../ledger.ts';
import { limitedDisk } from './limited-disk.ts';
import { expectLedger, recordsIn, segmentsOf, total } from '../recorded-frames.ts';

const SEED = 11;
const KIB = 1024;

interface Run {
  readonly writer: CaptureWriter;
  readonly events: WriterEvent[];
  offered: number;
}

async function start(folder: string, files?: Files): Promise<Run> {
  const events: WriterEvent[] = [];
  const writer = await openWriter({
    folder,
    url: 'wss://example.test',
    run: 'run',
    reserveBytes: 16 * KIB,
    maxQueuedBytes: 64 * KIB,
    fsync: { everyMs: 20 },
    ...(files && { files }),
    onEvent: (event) => events.push(event),
  });
  return { writer, events, offered: 0 };
}

/** Offers frames until something is so, and goes on for a moment. */
async function offerUntil(run: Run, isSo: () => boolean): Promise<void> {
  await vi.waitUntil(
    async () => {
      for (let n = 0; n < 10; n += 1) {
        const { connection, index } = ledgerPlace(run.offered, 2);
        const { bytes, binary } = ledgerFrame(SEED, connection, index);
        run.writer.frame(connection, bytes, performance.now(), binary);
        run.offered += 1;
      }
      await setTimeout(2);
      return isSo();
    },
    { timeout: 20_000, interval: 0 },
  );
}

/** Every frame is on the disk or in a gap record: not one more, not one less. */
async function expectIdentity(folder: string, run: Run): Promise<void> {
  const { frames, dropped } = await run.writer.close();
  const recorded = expectLedger(folder, 'run', SEED);
  const stated = recorded.gaps.reduce((sum, { count }) => sum + (count ?? 0), 0);
  expect({ frames, dropped, offered: run.offered }).toEqual({
    frames: total(recorded.frames),
    dropped: stated,
    offered: total(recorded.frames) + stated,
  });
  const { ok, findings } = await verifyCapture(folder);
  expect({ ok, findings }).toMatchObject({ ok: true });
}

function expectResumed(folder: string, cycles: number): void {
  const starts = segmentsOf(folder, 'run').map((file) => recordsIn(join(folder, file)));
  const resumed = starts.filter((records) => records[1]?.kind === 'gap' && records[1].why === 'disk_full');
  expect(resumed.length).toBeGreaterThanOrEqual(cycles);
  const ends = starts.flatMap((records) => records.filter((record) => record.kind === 'end'));
  expect(ends.filter(({ why }) => why === 'disk_full').length).toBeGreaterThanOrEqual(cycles);
}

test('a full disk stops nothing: frames are held, then dropped and counted, and recording resumes with the sum', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const disk = limitedDisk(200 * KIB);
  const run = await start(folder, disk.files);
  for (let cycle = 1; cycle <= 3; cycle += 1) {
    const droppedBefore = run.writer.stats.dropped;
    await offerUntil(
      run,
      () => run.writer.stats.state === 'disk-full' && run.writer.stats.dropped > droppedBefore + 20,
    );
    disk.capacity += 200 * KIB;
    await offerUntil(run, () => run.writer.stats.state === 'recording');
  }
  await expectIdentity(folder, run);
  expectResumed(folder, 3);
});

test('space that comes back in the middle of a block does not let a line follow half of another', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const disk = limitedDisk(100 * KIB, (full) => {
    full.capacity += 50 * KIB;
  });
  const run = await start(folder, disk.files);
  await offerUntil(run, () => disk.refused > 5);
  await expectIdentity(folder, run);
});

test('closing while the disk is full states what is lost in the space kept aside', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const disk = limitedDisk(200 * KIB);
  const run = await start(folder, disk.files);
  await offerUntil(run, () => run.writer.stats.state === 'disk-full' && run.writer.stats.dropped > 0);
  await expectIdentity(folder, run);
  const records = recordsIn(join(folder, segmentsOf(folder, 'run').at(-1) ?? ''));
  expect(records.slice(-3)).toMatchObject([
    { kind: 'gap', why: 'disk_full' },
    { kind: 'gap', why: 'disk_full' },
    { kind: 'end', why: 'disk_full' },
  ]);
});

test('a recording that ends on a full disk, where not even the end fits, says so when the folder is opened next', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const disk = limitedDisk(200 * KIB);
  const run = await start(folder, disk.files);
  run.writer.connection(0, 'open');
  await offerUntil(run, () => run.writer.stats.state === 'disk-full' && run.writer.stats.dropped > 0);
  disk.capacity = 0;
  const { frames, dropped, segments } = await run.writer.close();
  // The last segment could not say what is missing, so it has no end and no final name either.
  expect(readdirSync(folder)).toContain('run-000000.ndjson.partial');
  expect({ segments, all: frames + dropped }).toEqual({ segments: [], all: run.offered });
  await repairCapture(folder);
  await expectUnknownGap(folder);
});

test('a recording that is killed on a full disk says so when the folder is opened next', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const disk = limitedDisk(200 * KIB);
  // From the kill on, nothing happens any more.
  let killed = false;
  const files = heldFiles(disk.files, () => killed);
  const run = await start(folder, files);
  run.writer.connection(0, 'open');
  await offerUntil(run, () => run.writer.stats.state === 'disk-full' && run.writer.stats.dropped > 0);
  killed = true;
  rmSync(join(folder, 'writer.lock'));
  await repairCapture(folder);
  await expectUnknownGap(folder);
});

/** The reader learns that something is missing, and that nobody knows how much. */
async function expectUnknownGap(folder: string): Promise<void> {
  const gaps = segmentsOf(folder, 'run')
    .flatMap((file) => recordsIn(join(folder, file)))
    .filter((record) => record.kind === 'gap');
  expect(gaps).toContainEqual(expect.objectContaining({ count: null }));
  const { ok, findings } = await verifyCapture(folder);
  expect({ ok, findings }).toMatchObject({ ok: true });
}

/** A file system of a process that can be killed: its calls do not come back then. */
function heldFiles(files: Files, isKilled: () => boolean): Files {
  const hold = <Call extends (...args: never[]) => Promise<unknown>>(call: Call): Call =>
    (async (...args: never[]) => (isKilled() ? await new Promise(() => {}) : await call(...args))) as Call;
  return {
    ...files,
    readFile: hold(files.readFile),
    unlink: hold(files.unlink),
    rename: hold(files.rename),
    utimes: hold(files.utimes),
    open: hold(async (path: string, flags: string, mode?: number) => {
      const file = await files.open(path, flags, mode);
      return {
        ...file,
        write: hold(file.write),
        writev: hold(file.writev),
        datasync: hold(file.datasync),
        truncate: hold(file.truncate),
      };
    }),
  };
}

// Found on 2026-11-23 by the sum above, once in many runs on a busy machine: 9 frames were in no gap record.
test('what a waiting gap record says is not lost with it when the disk turns out to be full at the end', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const disk = limitedDisk(200 * KIB);
  const run = await start(folder, disk.files);
  // More than the queue takes, within one turn: the gap record of what was dropped waits behind the frames.
  for (; run.offered < 500; run.offered += 1) {
    const { connection, index } = ledgerPlace(run.offered, 2);
    const { bytes, binary } = ledgerFrame(SEED, connection, index);
    run.writer.frame(connection, bytes, performance.now(), binary);
  }
  expect(run.writer.stats).toMatchObject({ state: 'recording' });
  expect(run.writer.stats.dropped).toBeGreaterThan(0);
  disk.capacity = 20 * KIB;
  await expectIdentity(folder, run);
});

test('drops are stated also when the disk is full again at that moment', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const disk = limitedDisk(200 * KIB);
  let refusals = 0;
  const files: Files = {
    ...disk.files,
    async open(path, flags, mode) {
      const file = await disk.files.open(path, flags, mode);
      const writev = async (pieces: readonly Buffer[], position: number): Promise<unknown> => {
        if (refusals === 0 && pieces[0]?.toString().startsWith('{"kind":"gap"') === true) {
          refusals += 1;
          throw systemError('ENOSPC');
        }
        return await file.writev(pieces, position);
      };
      return { ...file, writev: writev as typeof file.writev };
    },
  };
  const run = await start(folder, files);
  await offerUntil(run, () => run.writer.stats.state === 'disk-full' && run.writer.stats.dropped > 20);
  disk.capacity += 1024 * KIB;
  await offerUntil(run, () => run.writer.stats.state === 'recording');
  expect(refusals).toBe(1);
  await expectIdentity(folder, run);
});

test('a disk that is slow, not full, drops with the reason backpressure', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const run = await start(folder);
  // Within one turn of the loop nothing can be written.
  for (; run.offered < 2_000; run.offered += 1) {
    const { connection, index } = ledgerPlace(run.offered, 2);
    const { bytes, binary } = ledgerFrame(SEED, connection, index);
    run.writer.frame(connection, bytes, performance.now(), binary);
    expect(run.writer.queuedBytes).toBeLessThanOrEqual(64 * KIB + 2 * KIB);
  }
  expect(run.writer.stats.dropped).toBeGreaterThan(0);
  await run.writer.drained();
  await expectIdentity(folder, run);
  const { gaps } = expectLedger(folder, 'run', SEED);
  expect(new Set(gaps.map(({ why }) => why))).toEqual(new Set(['backpressure']));
});

const CYCLES = process.env['FEEDTAPE_NIGHTLY'] === '1' ? 50 : 3;
/** Frees 300 KiB each time. */
const BALLAST_KIB = CYCLES * 300 + 300;
const noMount = process.getuid?.() === 0 ? undefined : 'mounting a tmpfs needs root';

test.skipIf(noMount !== undefined)(
  `the same on a real file system that fills up${noMount === undefined ? '' : ` (skipped: ${noMount})`}`,
  { timeout: 120_000 },
  async () => {
    const mount = join(temporaryFolder(), 'disk');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${BALLAST_KIB + 512}k`, 'tmpfs', mount]);
    onTestFinished(() => void spawnSync('umount', ['-l', mount]));
    const folder = join(mount, 'capture');
    const ballast = join(mount, 'ballast');
    writeFileSync(ballast, Buffer.alloc(BALLAST_KIB * KIB));
    const run = await start(folder);
    for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
      await offerUntil(run, () => run.writer.stats.state === 'disk-full');
      truncateSync(ballast, Math.max(0, BALLAST_KIB - cycle * 300) * KIB);
      await offerUntil(run, () => run.writer.stats.state === 'recording');
    }
    rmSync(ballast);
    await expectIdentity(folder, run);
    expectResumed(folder, CYCLES);
  },
);

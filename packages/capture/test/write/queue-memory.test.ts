import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openWriter, verifyCapture } from '@feedtape/capture/node';
import type { CaptureWriter, Files, Timers } from '@feedtape/capture/node';
import { createBlockQueue } from '#node/write/block-queue';
import { nodeFiles } from '#node/fs/node-file-system';
import { temporaryFolder } from '../capture-files.ts';

const MIB = 1024 * 1024;

/** A disk whose writes to segments wait until they are let go. */
function stallingFiles(): { files: Files; stall(): void; release(): void } {
  let gate = Promise.resolve();
  let open: (() => void) | undefined;
  const files: Files = {
    ...nodeFiles,
    async open(path, flags, mode) {
      const file = await nodeFiles.open(path, flags, mode);
      const writev = async (pieces: readonly Buffer[], position: number): Promise<unknown> => {
        await gate;
        return await file.writev(pieces, position);
      };
      return new Proxy(file, {
        get: (target, key) => {
          const value: unknown = key === 'writev' ? writev : Reflect.get(target, key);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  };
  return {
    files,
    stall() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open?.(),
  };
}

/** Each flush comes in the next turn, as if the frames were 10 ms apart. */
const eagerTimers: Timers = {
  after(_ms, run) {
    const timer = setImmediate(run);
    return () => clearImmediate(timer);
  },
  afterInBackground: () => () => undefined,
};

const memory = (): number => process.memoryUsage().arrayBuffers;

// Found on 2026-11-30: each flush closed a block of 256 KiB, so that 13.9 MiB of small frames took 323 MiB.
test.for([
  ['small frames, a flush after each few', 100, 4],
  ['frames that leave half of each block empty', 131_072, 1],
  ['frames longer than a block', 300_000, 1],
] as const)(
  'what waits for a stalled disk takes no more memory than allowed: %s',
  { timeout: 60_000 },
  async ([, frameBytes, framesATurn]) => {
    const folder = join(temporaryFolder(), 'capture');
    const disk = stallingFiles();
    const maxQueuedBytes = 16 * MIB;
    const environment = { timers: eagerTimers };
    const options = {
      folder,
      url: 'wss://example.test',
      maxQueuedBytes,
      fsync: 'never',
      environment,
    } as const;
    const writer = await openWriter({ ...options, files: disk.files });
    const frame = Buffer.from(`{"filler":"${'x'.repeat(frameBytes - 14)}"}`);
    const before = memory();
    let most = 0;
    let offered = 0;
    disk.stall();
    while (writer.stats.dropped < 1000) {
      for (let n = 0; n < framesATurn; n += 1) writer.frame(0, frame, performance.now());
      offered += framesATurn;
      await new Promise(setImmediate);
      most = Math.max(most, memory() - before);
    }
    // The limit is not only kept, it is used: five sixths of it, for the longest frames here.
    expect(writer.queuedBytes).toBeGreaterThan((maxQueuedBytes * 5) / 6);
    expect(most).toBeLessThan(1.5 * maxQueuedBytes + 32 * MIB);
    disk.release();
    expect(await identity(writer)).toBe(offered);
    expect(await verifyCapture(folder)).toMatchObject({ ok: true });
  },
);

async function identity(writer: CaptureWriter): Promise<number> {
  const { frames, dropped } = await writer.close();
  return frames + dropped;
}

test('rotations that wait for a stalled disk count towards the memory allowed', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const disk = stallingFiles();
  const maxQueuedBytes = 4 * MIB;
  const options = { folder, url: 'wss://example.test', maxQueuedBytes, rotate: { bytes: 500 } } as const;
  const writer = await openWriter({ ...options, files: disk.files });
  const before = memory();
  disk.stall();
  let offered = 0;
  for (; writer.stats.dropped === 0; offered += 1) writer.frame(0, Buffer.from('{"a":1}'), performance.now());
  expect(memory() - before).toBeLessThan(1.5 * maxQueuedBytes + 32 * MIB);
  // Sealing them all would take too long here.
  expect(offered).toBeGreaterThan(1000);
});

// Found on 2026-11-30: limits counted the bytes of a frame as received, so that text made segments 5.7 times as long.
test('the limits of a segment and of the queue count a frame as it stands in its line', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const disk = stallingFiles();
  const sizes: number[] = [];
  const writer = await openWriter({
    folder,
    url: 'wss://example.test',
    rotate: { bytes: 100_000 },
    maxQueuedBytes: 256 * 1024,
    files: disk.files,
    onEvent: (event) => {
      if (event.kind === 'sealed') sizes.push(event.bytes);
    },
  });
  // Not JSON, and each character takes six in JSON.
  const frame = Buffer.from('\u0001'.repeat(2000));
  for (let n = 0; n < 60; n += 1) {
    writer.frame(0, frame, performance.now());
    while (writer.queuedBytes > 0) await setTimeout(1);
  }
  disk.stall();
  for (let n = 0; n < 100; n += 1) writer.frame(0, frame, performance.now());
  expect(writer.queuedBytes).toBeLessThanOrEqual(256 * 1024);
  expect(writer.stats.dropped).toBeGreaterThan(0);
  disk.release();
  await writer.close();
  expect(sizes.length).toBeGreaterThan(8);
  expect(Math.max(...sizes)).toBeLessThan(101_000);
});

test('a queue that waits is not cut into blocks by flushes, and one that is empty is', () => {
  const queue = createBlockQueue(64 * MIB, () => undefined);
  const add = (bytes: number): void => {
    const block = queue.room(bytes);
    block.end += bytes;
    block.lines += 1;
  };
  add(100);
  queue.flush();
  expect(queue.first()).toMatchObject({ kind: 'block', block: { end: 100 } });
  for (let n = 0; n < 50; n += 1) {
    add(100);
    queue.flush();
  }
  expect(queue.firstBlocks()).toHaveLength(1);
  queue.shift();
  // What was flushed meanwhile comes at once.
  expect(queue.first()).toMatchObject({ kind: 'block', block: { end: 5000 } });
  queue.shift();
  add(100);
  expect(queue.first()).toBeUndefined();
  expect({ queued: queue.queuedBytes, held: queue.heldBytes }).toEqual({ queued: 100, held: 100 });
});

test('a block that was cut to size holds the same lines', async () => {
  const queue = createBlockQueue(64 * MIB, () => undefined);
  for (let n = 0; n < 20; n += 1) {
    const block = queue.room(200_000);
    block.bytes.fill(n, block.end, block.end + 200_000);
    block.end += 200_000;
  }
  await setTimeout(0);
  for (let n = 0; n < 19; n += 1) {
    const item = queue.first();
    expect(
      item?.kind === 'block' && item.block.bytes.subarray(0, item.block.end).every((byte) => byte === n),
    ).toBe(true);
    queue.shift();
  }
});

import {
  closeSync,
  createReadStream,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { zstdCompressSync } from 'node:zlib';
import { frames, inspectCapture, openWriter, replay, verifyCapture } from '@feedtape/capture/node';
import type { Bench, Work } from './measure.ts';
import { mixedTraffic, SHORT_MIX } from './traffic.ts';

const BLOCK_BYTES = 256 * 1024;
const LONGEST_LINE_BYTES = 8 * 1024 * 1024;

interface Tape {
  readonly path: string;
  /** The same, compressed. */
  readonly compressed: string;
  readonly megabytes: number;
}

/** A recording of the traffic mix, in one segment of one file. */
async function record(): Promise<Tape> {
  const folder = mkdtempSync(join(process.env['FEEDTAPE_BENCH_DIR'] ?? tmpdir(), 'feedtape-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const writer = await openWriter({ folder, url: 'wss://example.test', fsync: 'never' });
  for (const text of mixedTraffic(SHORT_MIX)) {
    writer.frame(0, Buffer.from(text), performance.now());
    if (writer.queuedBytes > BLOCK_BYTES) await writer.drained();
  }
  const { segments } = await writer.close();
  const path = join(folder, segments[0] ?? '');
  const compressed = join(folder, 'compressed.ndjson.zst');
  writeFileSync(compressed, zstdCompressSync(readFileSync(path)));
  return { path, compressed, megabytes: statSync(path).size / 1e6 };
}

/** Plain line splitting as fast as Node can: one buffer, read again and again, and what is done with each line. */
function splitLines(path: string, onLine: (buffer: Buffer, from: number, to: number) => void): void {
  const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES + LONGEST_LINE_BYTES);
  const fd = openSync(path, 'r');
  let held = 0;
  for (;;) {
    const end = held + readSync(fd, buffer, held, BLOCK_BYTES, null);
    if (end === held) break;
    const block = buffer.subarray(0, end);
    let from = 0;
    for (let to = block.indexOf(10); to >= 0; to = block.indexOf(10, from)) {
      onLine(buffer, from, to);
      from = to + 1;
    }
    buffer.copyWithin(0, from, end);
    held = end - from;
  }
  closeSync(fd);
}

/** Work on a tape, counted in MB of its text. The total keeps anything from being left out as unused. */
const reading = (read: (tape: Tape) => Promise<number> | number) => async (): Promise<Work> => {
  const tape = await record();
  return async () => {
    const total = await read(tape);
    if (total <= 0) throw new Error('nothing was read');
    return tape.megabytes;
  };
};

async function readLines({ path }: Tape): Promise<number> {
  let total = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
    total += line.length;
  return total;
}

async function sumOf(stream: ReturnType<typeof frames>): Promise<number> {
  let total = 0;
  for await (const frame of stream) total += frame.byteLength;
  return total;
}

async function sumOfBatches(stream: ReturnType<typeof frames>, reuse: boolean): Promise<number> {
  let total = 0;
  for await (const batch of stream.batches({ reuse })) {
    for (const frame of batch) total += frame.byteLength;
  }
  return total;
}

/** Reading a capture back, against taking the same file apart into lines and nothing else. */
export const readingBack: Bench = {
  title: 'Read back and replay the traffic mix',
  unit: 'MB',
  subjects: {
    'lines, a view each': reading(({ path }) => {
      let total = 0;
      splitLines(path, (buffer, from, to) => (total += buffer.subarray(from, to).length));
      return total;
    }),
    'lines, only found': reading(({ path }) => {
      let total = 0;
      splitLines(path, (_, from, to) => (total += to - from));
      return total;
    }),
    'lines, readline': reading(readLines),
    'frames().batches({ reuse: true })': reading(({ path }) => sumOfBatches(frames(path), true)),
    'frames().batches()': reading(({ path }) => sumOfBatches(frames(path), false)),
    'for await … of frames()': reading(({ path }) => sumOf(frames(path))),
    "for await … of replay(speed: 'max')": reading(({ path }) => sumOf(replay(path, { speed: 'max' }))),
    'JSON.parse of every frame': reading(async ({ path }) => {
      let total = 0;
      for await (const frame of frames(path)) total += typeof frame.json() === 'object' ? 1 : 0;
      return total;
    }),
    'frames().batches({ reuse: true }), from zstd': reading(({ compressed }) =>
      sumOfBatches(frames(compressed), true),
    ),
    verifyCapture: reading(async ({ path }) => (await verifyCapture(path)).frames),
    inspectCapture: reading(async ({ path }) => (await inspectCapture(path)).frames),
  },
  notes: [
    'A billion divided by the last column is MB/s of uncompressed text.',
    'All of them read from the page cache, on one core.',
  ],
};

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
import type { FrameStream } from '@feedtape/capture/node';
import type { Bench, Work } from './measure.ts';
import { mixedTraffic, SHORT_MIX } from './traffic.ts';

const BLOCK_BYTES = 256 * 1024;

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

/** Takes a file apart into lines as fast as Node can; `keep` leaves a block alone once it has been handed out. */
function splitLines(
  path: string,
  keep: boolean,
  onLine: (buffer: Buffer, from: number, to: number) => void,
): void {
  let buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  const fd = openSync(path, 'r');
  let held = 0;
  for (;;) {
    const end = held + readSync(fd, buffer, held, buffer.length - held, null);
    if (end === held) break;
    const block = buffer.subarray(0, end);
    let from = 0;
    for (let to = block.indexOf(10); to >= 0; to = block.indexOf(10, from)) {
      onLine(buffer, from, to);
      from = to + 1;
    }
    held = end - from;
    const size = Math.max(BLOCK_BYTES, 2 * held);
    const next = keep || size > buffer.length ? Buffer.allocUnsafeSlow(size) : buffer;
    buffer.copy(next, 0, from, end);
    buffer = next;
  }
  closeSync(fd);
}

const viewLines =
  (keep: boolean) =>
  ({ path }: Tape): number => {
    let total = 0;
    splitLines(path, keep, (buffer, from, to) => (total += buffer.subarray(from, to).length));
    return total;
  };

/** The tape is read so often in one measurement: 1.2 GB, so that what the compiler does once weighs little. */
const PASSES = 16;

/** Work on a tape, counted in MB of its text. The total keeps anything from being left out as unused. */
const reading = (read: (tape: Tape) => Promise<number> | number) => async (): Promise<Work> => {
  const tape = await record();
  return async () => {
    for (let pass = 0; pass < PASSES; pass += 1) {
      const total = await read(tape);
      if (total <= 0) throw new Error('nothing was read');
    }
    return PASSES * tape.megabytes;
  };
};

async function readLines({ path }: Tape): Promise<number> {
  let total = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
    total += line.length;
  return total;
}

async function sumOf(stream: FrameStream): Promise<number> {
  let total = 0;
  for await (const frame of stream) total += frame.byteLength;
  return total;
}

async function sumOfBatches(stream: FrameStream): Promise<number> {
  let total = 0;
  for await (const batch of stream.batches()) {
    for (const frame of batch) total += frame.byteLength;
  }
  return total;
}

const reuse = { reuse: true } as const;
const max = { speed: 'max' } as const;

/** Reading a capture back, against taking the same file apart into lines and nothing else. */
export const readingBack: Bench = {
  title: 'Read back and replay the traffic mix',
  unit: 'MB',
  subjects: {
    'lines, a view each': reading(viewLines(false)),
    'lines, a view each that stays valid': reading(viewLines(true)),
    'lines, readline': reading(readLines),
    'frames(reuse).batches()': reading(({ path }) => sumOfBatches(frames(path, reuse))),
    'replay(max, reuse).batches()': reading(({ path }) => sumOfBatches(replay(path, { ...max, ...reuse }))),
    'for await … of frames(reuse)': reading(({ path }) => sumOf(frames(path, reuse))),
    'for await … of replay(max, reuse)': reading(({ path }) => sumOf(replay(path, { ...max, ...reuse }))),
    'frames().batches()': reading(({ path }) => sumOfBatches(frames(path))),
    'for await … of frames()': reading(({ path }) => sumOf(frames(path))),
    'for await … of replay(max)': reading(({ path }) => sumOf(replay(path, max))),
    'JSON.parse of every frame': reading(async ({ path }) => {
      let total = 0;
      for await (const frame of frames(path)) total += typeof frame.json() === 'object' ? 1 : 0;
      return total;
    }),
    'frames(reuse).batches(), from zstd': reading(({ compressed }) =>
      sumOfBatches(frames(compressed, reuse)),
    ),
    verifyCapture: reading(async ({ path }) => (await verifyCapture(path)).frames),
    inspectCapture: reading(async ({ path }) => (await inspectCapture(path)).frames),
  },
  notes: [
    'A billion divided by the last column is MB/s of uncompressed text. All of them read from the page cache, on one core.',
    'The first line reads into one buffer over and over; its views are void when the next block is read. What does the same is marked `reuse`.',
    'The other forms hand out frames that stay as they are for as long as they are kept: memory of its own for every block. The second line is a line splitter that does so, and what they are to be compared with.',
    'One frame at a time costs a turn of the microtask queue each, about a third of the first line; nothing that is iterated with `for await` costs less. Kept blocks are memory outside the heap, and how often that makes the collector go through all of it differs from run to run.',
  ],
};

import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWriter } from '@feedtape/capture/node';
import type { WriterOptions } from '@feedtape/capture/node';
import { WebSocket } from 'ws';
import type { Bench, Work } from './measure.ts';
import { mixedTraffic, SHORT_MIX } from './traffic.ts';

const ROUNDS = 3;
const FRAMES = ROUNDS * (SHORT_MIX.frames + SHORT_MIX.products);

async function startServer(query: string): Promise<string> {
  const server = fork(new URL('frame-server.ts', import.meta.url), {
    execArgv: ['--conditions=@feedtape/source'],
  });
  const port = await new Promise((resolve) => server.once('message', resolve));
  server.unref();
  server.channel?.unref();
  return `ws://127.0.0.1:${String(port)}/?rounds=${ROUNDS}${query}`;
}

/** How the exchange sends, and how many frames. */
interface Traffic {
  readonly query: string;
  readonly frames: number;
}

const EACH: Traffic = { query: '', frames: FRAMES };
const PIECES: Traffic = { query: '&piece=65536', frames: FRAMES };
const PACE: Traffic = { query: '&pace=5000&frames=30000', frames: 30_000 };

/** Receives every frame; stops the socket for as long as the sink asks. */
async function receive(
  url: string,
  expected: number,
  sink: (frame: Buffer) => Promise<void> | undefined,
): Promise<void> {
  const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
  socket.binaryType = 'nodebuffer';
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('message', (frame: Buffer) => {
      const full = sink(frame);
      if (full !== undefined) {
        socket.pause();
        void full.then(() => socket.resume());
      }
      count += 1;
      if (count === expected) resolve();
    });
  });
  socket.terminate();
}

const count =
  ({ query, frames }: Traffic) =>
  async (): Promise<Work> => {
    const url = await startServer(query);
    return async () => {
      let bytes = 0;
      await receive(url, frames, (frame) => {
        bytes += frame.length;
        return undefined;
      });
      return bytes > 0 ? frames : 0;
    };
  };

const HIGH_WATER_BYTES = 8 * 1024 * 1024;

const record = (traffic: Traffic, options: Partial<WriterOptions>) => async (): Promise<Work> => {
  const url = await startServer(traffic.query);
  return async () => {
    const folder = mkdtempSync(join(process.env['FEEDTAPE_BENCH_DIR'] ?? tmpdir(), 'feedtape-bench-'));
    const writer = await openWriter({ folder, url, rotate: { bytes: 64 * 1024 * 1024 }, ...options });
    await receive(url, traffic.frames, (frame) => {
      writer.frame(0, frame, performance.now());
      return writer.queuedBytes > HIGH_WATER_BYTES ? writer.drained() : undefined;
    });
    const { frames } = await writer.close();
    // After the measurement, if this was it. What the run that warms up has written is gone before the next one: a
    // virtual machine may have to ask its host for every page of memory that it has not used lately.
    setTimeout(() => rmSync(folder, { recursive: true }));
    return frames;
  };
};

/** What a frame of the mix takes: as it was received, and on the disk. */
async function sizes(): Promise<readonly string[]> {
  const texts = [...mixedTraffic(SHORT_MIX)].map((text) => Buffer.from(text));
  const folder = mkdtempSync(join(process.env['FEEDTAPE_BENCH_DIR'] ?? tmpdir(), 'feedtape-bench-'));
  const written: string[] = [];
  for (const compress of ['none', 'zstd', 'gzip'] as const) {
    const path = join(folder, compress);
    const writer = await openWriter({ folder: path, url: 'wss://example.test', fsync: 'never', compress });
    for (const text of texts) {
      writer.frame(0, text, performance.now());
      if (writer.queuedBytes > HIGH_WATER_BYTES) await writer.drained();
    }
    await writer.close();
    // Another start compresses what closing had no time for.
    await (await openWriter({ folder: path, url: 'wss://example.test', compress })).close();
    const segments = readdirSync(path).filter((file) => /-000000\.ndjson(?:\.zst|\.gz)?$/u.test(file));
    const bytes = segments.reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
    written.push(`${(bytes / texts.length).toFixed(0)} ${compress === 'none' ? 'plain' : compress}`);
  }
  rmSync(folder, { recursive: true });
  const raw = texts.reduce((sum, { length }) => sum + length, 0) / texts.length;
  return [`Bytes a frame: ${raw.toFixed(0)} as received; on the disk ${written.join(', ')}.`];
}

const subjects = (traffic: Traffic): Bench['subjects'] => ({
  'ws, count': count(traffic),
  'ws, record': record(traffic, {}),
  'ws, record, gzip': record(traffic, { compress: 'gzip' }),
  'ws, record, zstd': record(traffic, { compress: 'zstd' }),
});

const notes = [
  'Recording checks, stamps, copies, hashes (sha256) and writes every frame, with an fsync a second, and seals.',
  'Compressing includes reading the copy back and comparing what it decompresses to with the plain file, before that goes.',
];

/** Receiving frames over loopback and recording them, against receiving alone. */
export const recording: Bench = {
  title: 'Receive and record the traffic mix',
  unit: 'frame',
  subjects: subjects(EACH),
  notes: [
    'The exchange is a `ws` server in a process of its own that sends a message a frame, as fast as they are taken.',
    ...notes,
  ],
  facts: sizes,
};

/** The same where receiving costs least: hardly a wake-up a frame, so that recording weighs the most. */
export const recordingPieces: Bench = {
  title: 'Receive and record the traffic mix, a hundred frames a write',
  unit: 'frame',
  subjects: subjects(PIECES),
  notes: [
    'The exchange writes the stream of frames in pieces of 64 KiB, as fast as they are taken.',
    ...notes,
  ],
};

/** The same at the pace of a busy market, where the wake-ups cost more than the work. */
export const recordingAtPace: Bench = {
  title: 'Receive and record at 5,000 frames a second',
  unit: 'frame',
  subjects: subjects(PACE),
  notes: ['The exchange sends what is due every millisecond, a message a frame.', ...notes],
};

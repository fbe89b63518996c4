import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WriterOptions } from '@feedtape/capture/node';
import { createWsTransport, openFeed, type FeedItem, type FeedOptions } from '@feedtape/client';
import { WebSocket } from 'ws';
import type { Bench, Work } from './measure.ts';
import { SHORT_MIX } from './traffic.ts';

/**
 * Enough that starting, compiling and sealing count for little. In one round: what begins to count anew is taken for
 * a restart of the exchange, and connected to again.
 */
const MIX = { ...SHORT_MIX, frames: 300_000 };
const FRAMES = MIX.frames + MIX.products;

/** The part of the recorder that is measured. */
interface Recorder {
  readonly recordFeed: (options: {
    readonly writer: WriterOptions;
    readonly feed: FeedOptions;
    readonly frames: number;
    readonly signal: AbortSignal;
    readonly onItem?: (item: FeedItem) => void;
  }) => Promise<{ readonly totals: { readonly frames: number } }>;
}

interface Status {
  readonly createRecordingStatus: (options: { readonly startedAt: number }) => {
    readonly observe: (item: FeedItem) => void;
  };
}

/** The recorder is an application that nobody imports; what measures it looks inside by path. */
const inRecorder = async <T>(path: string): Promise<T> =>
  (await import(new URL(`../apps/recorder/src/${path}`, import.meta.url).href)) as T;

async function startServer(): Promise<string> {
  const server = fork(new URL('frame-server.ts', import.meta.url), [JSON.stringify(MIX)], {
    execArgv: ['--conditions=@feedtape/source'],
  });
  const port = await new Promise((resolve) => server.once('message', resolve));
  server.unref();
  server.channel?.unref();
  return `ws://127.0.0.1:${String(port)}/?rounds=1`;
}

const count = async (): Promise<Work> => {
  const url = await startServer();
  return async () => {
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    let frames = 0;
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject).on('message', () => {
        frames += 1;
        if (frames === FRAMES) resolve();
      });
    });
    socket.terminate();
    return frames;
  };
};

/** What the recorder asks of the feed. */
const feedOptions = (url: string): FeedOptions => ({
  url,
  subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }],
  recovery: 'report',
  transport: createWsTransport({ skipUtf8Validation: true }),
  timeouts: { closeMs: 20 },
});

/** The client alone: connected, sequenced, handed on frame by frame. */
const consume = async (): Promise<Work> => {
  const url = await startServer();
  return async () => {
    const feed = openFeed(feedOptions(url));
    let frames = 0;
    await feed.consume((item) => {
      if (item.kind === 'frame') frames += 1;
      if (frames === FRAMES) void feed.close();
    });
    return frames;
  };
};

const recorder = (compress: 'none' | 'zstd', watched: boolean) => async (): Promise<Work> => {
  const url = await startServer();
  const { recordFeed } = await inRecorder<Recorder>('record/record-feed.ts');
  const { createRecordingStatus } = await inRecorder<Status>('status/model/recording-status.ts');
  return async () => {
    const folder = mkdtempSync(join(process.env['FEEDTAPE_BENCH_DIR'] ?? tmpdir(), 'feedtape-bench-'));
    const status = watched ? createRecordingStatus({ startedAt: performance.now() }) : undefined;
    const { totals } = await recordFeed({
      writer: { folder, url, compress, rotate: { bytes: 64 * 1024 * 1024 } },
      feed: feedOptions(url),
      frames: FRAMES,
      signal: new AbortController().signal,
      ...(status && { onItem: (item: FeedItem) => status.observe(item) }),
    });
    process.once('exit', () => rmSync(folder, { recursive: true }));
    return totals.frames;
  };
};

/** The whole recorder (client, verdicts, totals, capture) at full speed, against receiving alone. */
export const wholeRecorder: Bench = {
  title: 'The recorder at full speed',
  unit: 'frame',
  subjects: {
    'ws, count': count,
    'feed.consume, count': consume,
    recorder: recorder('none', false),
    'recorder, watched by its status page': recorder('none', true),
    'recorder, zstd': recorder('zstd', false),
  },
};

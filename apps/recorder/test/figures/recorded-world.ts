import { setTimeout } from 'node:timers/promises';
import { frameBytes } from '@feedtape/capture';
import { openCapture, type WriterOptions } from '@feedtape/capture/node';
import type { FeedOptions } from '@feedtape/client';
import {
  createMemoryExchange,
  createVirtualClock,
  swarmFaults,
  type Ledger,
  type MemoryExchange,
  type VirtualClock,
} from '@feedtape/simulator';
import { recordFeed, type RecordingResult } from '#record/record-feed';
import { createRecordingStatus } from '#status/model/recording-status';
import type { StatusSnapshot } from '#status/model/status-snapshot';

/** How a world is recorded; a seed chooses one of all combinations. */
export interface Ways {
  readonly page: boolean;
  readonly small: boolean;
  readonly recovery: NonNullable<FeedOptions['recovery']>;
}

const RECOVERIES = ['resubscribe', 'reconnect', 'report'] as const;

export const waysOf = (seed: number): Ways => ({
  page: seed % 2 === 0,
  small: Math.floor(seed / 2) % 2 === 0,
  recovery: RECOVERIES[Math.floor(seed / 4) % 3]!,
});

export interface RecordedWorld {
  readonly result: RecordingResult;
  readonly status: StatusSnapshot | undefined;
  readonly ledger: Ledger;
}

const PRODUCTS = ['BTC-USD', 'ETH-USD'];
const START = Date.parse('2026-11-30T00:00:00Z');

/** Records an exchange whose faults the seed chooses, in simulated time, into a folder. */
export async function recordWorld(seed: number, folder: string, seconds: number): Promise<RecordedWorld> {
  const ways = waysOf(seed);
  const clock = createVirtualClock();
  const exchange = createMemoryExchange({
    clock,
    seed,
    products: PRODUCTS,
    depth: 10,
    latencyMs: 5,
    // The rarest faults are the most telling, and this is a short time.
    faults: swarmFaults(seed).map(({ fault, chance = 0 }) => ({ fault, chance: Math.min(0.3, chance * 4) })),
    ledger: { bytes: true },
  });
  const status = ways.page ? createRecordingStatus({ startedAt: 0, books: true }) : undefined;
  const stop = new AbortController();
  const progress = { started: false, ended: false };
  const recording = recordFeed({
    writer: writerOptions(folder, clock, ways),
    feed: feedOptions(exchange, clock, ways),
    signal: stop.signal,
    onStart: async () => void (progress.started = true),
    onItem: (item) => {
      if (item.kind === 'frame' && seed % 3 === 0) void item.decoded;
      status?.observe(item);
    },
  }).finally(() => (progress.ended = true));
  // Nothing connects before the folder is held.
  while (!progress.started && !progress.ended) await setTimeout(1);
  await pass(clock, () => clock.now() >= seconds * 1000);
  stop.abort();
  // Time has to go on while the feed says goodbye.
  await pass(clock, () => progress.ended);
  const result = await recording;
  exchange.close();
  return { result, status: status?.snapshot(clock.now(), START + clock.now()), ledger: exchange.ledger };
}

/** Lets time pass slower than the disk works: the writer holds its folder by a lease, in the same time. */
async function pass(clock: VirtualClock, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await clock.advance(50);
    await setTimeout(1);
  }
}

function writerOptions(folder: string, clock: VirtualClock, { small }: Ways): WriterOptions {
  return {
    folder,
    url: 'ws://exchange.memory',
    environment: {
      clock: { now: () => clock.now(), wallMs: () => START + clock.now() },
      timers: {
        after: (ms, run) => timer(clock, ms, run),
        afterInBackground: (ms, run) => timer(clock, ms, run),
      },
    },
    ...(small && { rotate: { bytes: 64 * 1024 }, compress: 'zstd' }),
  };
}

function timer(clock: VirtualClock, ms: number, run: () => void): () => void {
  const handle = clock.setTimeout(run, ms);
  return () => clock.clearTimeout(handle);
}

function feedOptions(
  { url, transport }: MemoryExchange,
  clock: VirtualClock,
  { recovery }: Ways,
): Omit<FeedOptions, 'signal'> {
  return {
    url,
    transport,
    clock,
    recovery,
    subscriptions: [
      { channel: 'level2', productIds: PRODUCTS },
      { channel: 'market_trades', productIds: PRODUCTS },
    ],
    timeouts: { closeMs: 500 },
    backoff: { firstRetryMs: 500, maxRetryMs: 2_000 },
  };
}

/** The frames of each connection that a capture holds, in the order in which the sockets were opened. */
export async function framesByConnection(folder: string): Promise<readonly (readonly Uint8Array[])[]> {
  const connections = new Map<number, Uint8Array[]>();
  for await (const entry of openCapture(folder)) {
    if (entry.kind === 'connection' && entry.event === 'open') connections.set(entry.connection, []);
    if (entry.kind === 'frame') connections.get(entry.connection)?.push(Uint8Array.from(frameBytes(entry)));
  }
  return [...connections.values()];
}

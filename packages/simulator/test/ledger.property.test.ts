// @module-tag slow
// @module-tag seeded

import { crc32 } from 'node:zlib';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWriter } from '@feedtape/capture/node';
import {
  createMemoryExchange,
  createVirtualClock,
  type MemoryExchange,
  replayInMemory,
  type SentFrame,
  swarmFaults,
  type VirtualClock,
} from '@feedtape/simulator';
import { assert, asyncProperty, constantFrom, integer } from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { subscribe } from './bare-client.ts';

// The ledger is the truth that others are measured by: so it is measured by what arrives.

interface Arrival {
  readonly crc32: number;
  readonly byteLength: number;
  readonly binary: boolean;
}

/** A client that reconnects for ever. */
async function live(exchange: MemoryExchange, clock: VirtualClock, ms: number): Promise<Arrival[][]> {
  const arrivals: Arrival[][] = [];
  const connect = (): void => {
    const mine: Arrival[] = [];
    const socket = exchange.transport.open(
      exchange.url,
      {},
      {
        onOpen() {
          arrivals.push(mine);
          for (const channel of ['level2', 'market_trades', 'ticker'])
            socket.send(JSON.stringify(subscribe(channel, ['BTC-USD', 'ETH-USD'])));
          socket.send(JSON.stringify(subscribe('heartbeats')));
        },
        onFrame(bytes, binary) {
          mine.push({ crc32: crc32(bytes), byteLength: bytes.length, binary });
        },
        onError() {},
        onClose() {
          clock.setTimeout(connect, 1_500);
        },
      },
    );
  };
  connect();
  await clock.advance(ms);
  exchange.close();
  await clock.advance(0);
  return arrivals;
}

/** What arrived is what the exchange says it sent, and its counts add up. */
function expectTruth({ ledger }: MemoryExchange, arrivals: readonly (readonly Arrival[])[]): void {
  const sent = ledger.connections.map(({ frames }) =>
    frames
      .filter((entry): entry is SentFrame => entry.kind === 'sent')
      .map((entry) => ({ crc32: entry.crc32, byteLength: entry.byteLength, binary: entry.binary })),
  );
  expect(arrivals).toEqual(sent);
  for (const page of ledger.connections) {
    expect(page.sent).toBe(page.generated - page.dropped + page.duplicated);
    expect(page.forgotten).toBe(0);
    expect(page.end).toBeDefined();
  }
}

/** The nightly form looks at more. */
const WORLDS = 20 * Number(process.env['FEEDTAPE_TIMES'] ?? 1);
const seeds = integer({ min: 0, max: 2 ** 31 });

test(
  'clients receive the frames that the ledger lists as sent, for any faults',
  { timeout: WORLDS * 1_000 },
  async () => {
    await assert(
      asyncProperty(seeds, async (seed) => {
        const clock = createVirtualClock();
        const faults = swarmFaults(seed);
        const products = ['BTC-USD', 'ETH-USD'];
        const exchange = createMemoryExchange({ seed, products, depth: 40, faults, clock });
        expectTruth(exchange, await live(exchange, clock, 20_000));
      }),
      { numRuns: WORLDS },
    );
  },
);

let capture = '';
beforeAll(async () => {
  capture = await mkdtemp(join(tmpdir(), 'feedtape-worlds-'));
  const name = '../../protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv';
  const table = await readFile(new URL(name, import.meta.url), 'utf8');
  const writer = await openWriter({ folder: capture, url: 'wss://example.invalid', fsync: 'never' });
  const began = performance.now();
  for (const [index, line] of table.trimEnd().split('\n').entries())
    writer.frame(0, Buffer.from(line.slice(line.indexOf('\t') + 1)), began + index * 100);
  await writer.close();
});
afterAll(() => rm(capture, { recursive: true, force: true }));

test(
  'clients of a replayed capture receive the frames that the ledger lists as sent, in either mode',
  { timeout: WORLDS * 1_000 },
  async () => {
    await assert(
      asyncProperty(seeds, constantFrom('merged', 'connections'), async (seed, captureMode) => {
        const clock = createVirtualClock();
        // Short sessions: what strikes a hundredth of the frames of a day strikes often.
        const faults = swarmFaults(seed).map((rule) => ({
          ...rule,
          chance: Math.min(1, (rule.chance ?? 1) * 5),
        }));
        const exchange = await replayInMemory({ seed, capture, captureMode, faults, clock });
        expectTruth(exchange, await live(exchange, clock, 20_000));
      }),
      { numRuns: WORLDS },
    );
  },
);

test('a ledger at its limit evicts the oldest entries, counts them, and keeps its totals', async () => {
  const clock = createVirtualClock();
  const exchange = createMemoryExchange({
    products: ['BTC-USD'],
    depth: 10,
    clock,
    ledger: { frames: 50 },
    faults: [{ fault: { kind: 'drop' }, fromFrame: 20 }],
  });
  const socket = exchange.transport.open(
    exchange.url,
    {},
    {
      onOpen() {},
      onFrame() {},
      onError() {},
      onClose() {},
    },
  );
  await clock.advance(0);
  socket.send(JSON.stringify(subscribe('level2', ['BTC-USD'])));
  await clock.advance(20_000);
  const page = exchange.ledger.connections[0]!;
  expect(page.frames).toHaveLength(50);
  expect(page.sent).toBeGreaterThan(300);
  expect(page.forgotten).toBe(page.generated - 50);
  expect(page.dropped).toBe(1);
  const numbers = page.frames.map((entry) => (entry.kind === 'sent' ? entry.generated : -1));
  expect(numbers).toEqual(numbers.map((_, index) => page.generated - 50 + index));
});

test('a connection beyond the limit keeps only its counts', async () => {
  const clock = createVirtualClock();
  const exchange = createMemoryExchange({
    products: ['BTC-USD'],
    depth: 10,
    clock,
    ledger: { connections: 2 },
    limits: { idleMs: [Infinity, Infinity] },
  });
  for (let connection = 0; connection < 3; connection += 1) {
    const socket = exchange.transport.open(
      exchange.url,
      {},
      {
        onOpen() {},
        onFrame() {},
        onError() {},
        onClose() {},
      },
    );
    await clock.advance(0);
    socket.send(JSON.stringify(subscribe('ticker', ['BTC-USD'])));
    await clock.advance(2_000);
  }
  const [oldest, ...others] = exchange.ledger.connections;
  expect(oldest).toMatchObject({ frames: [], received: [], messages: 1, end: undefined });
  expect(oldest?.sent).toBe(oldest?.forgotten);
  for (const page of others) expect(page.frames).toHaveLength(page.sent);
});

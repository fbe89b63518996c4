// A long run against the exchange on loopback with a fault every five seconds: what the client says is missing is
// what the exchange says it kept or spoiled, connection by connection; and memory, descriptors and timers stay flat.
// npm run nightly -- client-soak [minutes]
import { type ChildProcess, fork } from 'node:child_process';
import { once as happens } from 'node:events';
import { readdirSync } from 'node:fs';
import { createBook } from '@feedtape/book';
import { type FeedItem, createBookKeeper, openFeed } from '@feedtape/client';
import type { ConnectionLedger, Fault, StartOptions } from '@feedtape/simulator';
import type { Order } from './exchange-process.ts';
import { missingOn, Receipt } from './ground-truth.ts';

const minutes = Number(process.argv[2] ?? 20);
const FAULT_EVERY_MS = 5_000;
const PRODUCTS = ['BTC-USD', 'ETH-USD', 'SOL-USD'];
/** Every kind there is, one after the other; what strikes a handshake comes before what makes one necessary. */
const FAULTS: readonly Fault[] = [
  { kind: 'drop' },
  { kind: 'terminate' },
  { kind: 'duplicate', copies: 3 },
  { kind: 'close', code: 1001, withData: true },
  { kind: 'swap' },
  { kind: 'reset' },
  { kind: 'delay', ms: 700 },
  { kind: 'sequence-restart' },
  { kind: 'truncate' },
  { kind: 'handshake', status: 429, retryAfterSeconds: 1 },
  { kind: 'close', code: 4000 },
  { kind: 'corrupt' },
  { kind: 'handshake-silence' },
  { kind: 'half-open' },
  { kind: 'crossed-book' },
  { kind: 'invalid-utf8' },
  { kind: 'binary' },
  { kind: 'unknown-channel' },
  { kind: 'unknown-fields' },
  { kind: 'huge' },
  { kind: 'missing-trades' },
  { kind: 'close-on-accept' },
  { kind: 'close', code: 1012 },
  { kind: 'silence', ms: 4_000 },
  { kind: 'drip', bytesPerSecond: 500 },
];

const options: StartOptions = {
  products: PRODUCTS,
  depth: 200,
  ledger: { frames: 50_000, messages: 100, connections: 20 },
};
const exchange: ChildProcess = fork(
  new URL('exchange-process.ts', import.meta.url),
  [JSON.stringify(options)],
  {
    execArgv: ['--conditions=@feedtape/source'],
  },
);
const order = (what: Order): void => void exchange.send(what);
const [url] = (await happens(exchange, 'message')) as [string];

const keeper = createBookKeeper(createBook, (productId, connection) => feed.refresh([productId], connection));
const feed = openFeed({
  url,
  subscriptions: [
    { channel: 'level2', productIds: PRODUCTS },
    { channel: 'market_trades', productIds: PRODUCTS },
  ],
  // Most of the time should be spent connected, or the faults strike nobody.
  backoff: { firstRetryMs: 500, maxRetryMs: 2_000 },
});
const wrong: string[] = [];
const receipts = new Map<number, Receipt>();
/** Connections that opened, in order: the exchange numbers its pages so. */
const opened: number[] = [];
let checked = 0;
let missing = 0;

const reading = feed.consume((item: FeedItem) => {
  keeper.take(item);
  if (item.kind === 'connected') {
    opened.push(item.connection);
    receipts.set(item.connection, new Receipt());
  }
  receipts.get(item.connection)?.note(item);
});

/** Checks the connections that have ended, and forgets them. */
async function check(upTo: number): Promise<void> {
  const numbers = Array.from({ length: upTo - checked }, (_, index) => checked + index);
  order({ pages: numbers });
  const [pages] = (await happens(exchange, 'message')) as [Pick<ConnectionLedger, 'frames'>[]];
  for (const [index, page] of pages.entries()) {
    const connection = opened[checked + index] ?? -1;
    const receipt = receipts.get(connection) ?? new Receipt();
    receipts.delete(connection);
    try {
      const absent = missingOn(page, receipt.frames);
      missing += absent;
      if (absent !== receipt.missing)
        wrong.push(`connection ${connection}: ${absent} missing, told ${receipt.missing}`);
    } catch (error) {
      wrong.push(`connection ${connection}: ${String(error)}`);
    }
  }
  checked = upTo;
}

interface Reading {
  readonly heapMb: number;
  readonly residentMb: number;
  readonly descriptors: number;
  readonly resources: number;
}

function read(): Reading {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    heapMb: Math.round(heapUsed / 1_048_576),
    residentMb: Math.round(rss / 1_048_576),
    descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    resources: process.getActiveResourcesInfo().length,
  };
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const rounds = Math.max(1, Math.round((minutes * 60_000) / FAULT_EVERY_MS));
const settled = Math.min(Math.round(rounds / 4), (10 * 60_000) / FAULT_EVERY_MS);
let before = read();
for (let round = 0; round < rounds; round += 1) {
  const fault = FAULTS[round % FAULTS.length];
  if (fault !== undefined) order({ strike: fault });
  await pass(FAULT_EVERY_MS);
  // The newest connection may still live.
  await check(Math.max(checked, opened.length - 1));
  if (round === settled) before = read();
  if (round % 12 === 11) process.stdout.write(`${(round + 1) / 12} min ${JSON.stringify(read())}\n`);
}
await pass(15_000);
const after = read();
const { statistics } = feed;
const status = PRODUCTS.map((id) => keeper.get(id)?.status);
await feed.close();
await reading;
await check(opened.length);
exchange.kill();

const { frames, reconnects, connections } = statistics;
const received = connections.reduce((sum, { accounting }) => sum + accounting.received, 0);
process.stdout.write(
  `${JSON.stringify({ minutes, faults: rounds, frames, reconnects, missing, before, after, status })}\n`,
);
const failures = [
  ...wrong,
  missing !== feed.statistics.missing && `missing ${missing}, counted ${feed.statistics.missing}`,
  received !== frames && `judged ${received} of ${frames} frames`,
  status.some((each) => each !== 'fresh') && `books: ${status.join(', ')}`,
  after.heapMb > before.heapMb + 10 && `heap ${before.heapMb} → ${after.heapMb} MB`,
  after.residentMb > before.residentMb + 20 && `resident ${before.residentMb} → ${after.residentMb} MB`,
  after.descriptors > before.descriptors + 2 && `descriptors ${before.descriptors} → ${after.descriptors}`,
  after.resources > before.resources + 2 && `resources ${before.resources} → ${after.resources}`,
].filter((each) => each !== false);
if (failures.length > 0) {
  process.stderr.write(`${failures.join('\n')}\n`);
  process.exitCode = 1;
}

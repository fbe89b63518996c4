// A long run against the exchange on loopback with a fault every five seconds: exact accounting, and memory,
// descriptors and timers that stay flat. npm run nightly -- client-soak [minutes]
import { readdirSync } from 'node:fs';
import { createBook } from '@feedtape/book';
import { keepBooks, openFeed } from '@feedtape/client';
import { type Fault, startExchange } from '@feedtape/simulator';

const minutes = Number(process.argv[2] ?? 20);
const PRODUCTS = ['BTC-USD', 'ETH-USD', 'SOL-USD'];
const FAULTS: readonly Fault[] = [
  { kind: 'drop' },
  { kind: 'terminate' },
  { kind: 'duplicate' },
  { kind: 'close', code: 1001, withData: true },
  { kind: 'swap' },
  { kind: 'reset' },
  { kind: 'sequence-restart' },
  { kind: 'half-open' },
  { kind: 'crossed-book' },
];

const exchange = await startExchange({ products: PRODUCTS, depth: 200, ledger: { frames: 0 } });
const keeper = keepBooks(createBook, (productId, connection) => feed.refresh([productId], connection));
const feed = openFeed({
  url: exchange.url,
  subscriptions: [
    { channel: 'level2', productIds: PRODUCTS },
    { channel: 'market_trades', productIds: PRODUCTS },
  ],
  patience: { firstRetryMs: 500, maxRetryMs: 2_000 },
});
let gaps = 0;
const reading = feed.consume((item) => {
  keeper.take(item);
  if (item.kind === 'gap') gaps += item.why === 'sequence' ? (item.count ?? 0) : 0;
});

interface Reading {
  readonly heapMb: number;
  readonly descriptors: number;
  readonly resources: number;
}

function read(): Reading {
  globalThis.gc?.();
  return {
    heapMb: Math.round(process.memoryUsage().heapUsed / 1_048_576),
    descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    resources: process.getActiveResourcesInfo().length,
  };
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
await pass(15_000);
const before = read();
const rounds = Math.max(1, Math.round((minutes * 60) / 5));
for (let round = 0; round < rounds; round += 1) {
  const fault = FAULTS[round % FAULTS.length];
  if (fault !== undefined) exchange.faults.inject(fault);
  await pass(5_000);
  if (round % 60 === 59) process.stdout.write(`${(round + 1) / 12} min ${JSON.stringify(read())}\n`);
}
await pass(12_000);
const after = read();
const { missing, gaps: jumps, reconnects, frames, connections } = feed.statistics;
const received = connections.reduce((sum, { accounting }) => sum + accounting.received, 0);
const late = connections.reduce((sum, { accounting }) => sum + accounting.late, 0);
const status = PRODUCTS.map((id) => keeper.get(id)?.status);
await feed.close();
await reading;
await exchange.close();

const told = { minutes, frames, reconnects, jumps, missing, before, after, status };
process.stdout.write(`${JSON.stringify(told)}\n`);
const wrong = [
  gaps - late !== missing && `missing ${missing}, told ${gaps - late}`,
  received !== frames && `judged ${received} of ${frames} frames`,
  status.some((each) => each !== 'fresh') && `books: ${status.join(', ')}`,
  after.heapMb > before.heapMb + 30 && `heap ${before.heapMb} → ${after.heapMb} MB`,
  after.descriptors > before.descriptors + 3 && `descriptors ${before.descriptors} → ${after.descriptors}`,
  after.resources > before.resources + 3 && `resources ${before.resources} → ${after.resources}`,
].filter((each) => each !== false);
if (wrong.length > 0) {
  process.stderr.write(`${wrong.join('\n')}\n`);
  process.exitCode = 1;
}

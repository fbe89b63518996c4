// What the recorder costs at the pace of a whole market: 400 products at 3,000 frames a second over 14 connections.
// The CPU time of the recorder's process alone, of all its threads, as a share of one core: watched by its status
// page with somebody looking at it, by nobody, and without a page.
// npm run nightly -- recorder-pace [seconds]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startExchange } from '@feedtape/simulator';
import { start } from './feedtape.ts';

const seconds = Number(process.argv[2] ?? 60);
const PRODUCTS = Array.from({ length: 400 }, (_, index) => `P${index}-USD`);
const LEVEL2_CONNECTIONS = Math.ceil(PRODUCTS.length / 30);
const FRAMES_PER_SECOND = 3_000;
/** The connections are not all as busy as the busiest, whose pace is what one can ask for. */
const BUSIEST = 1.15;
const ALLOWED_SHARE = 0.1;
/** Snapshots, just-in-time compilation. */
const SETTLED_MS = 15_000;
const TICKS_PER_SECOND = 100;

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function cpuSeconds(pid: number): number {
  const [, fields = ''] = /.*\) (.*)/su.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
  return (user + system) / TICKS_PER_SECOND;
}

interface Cost {
  readonly share: number;
  readonly framesPerSecond: number;
}

async function cost(options: readonly string[], look: boolean): Promise<Cost> {
  const exchange = await startExchange({
    products: PRODUCTS,
    rate: (BUSIEST * FRAMES_PER_SECOND) / LEVEL2_CONNECTIONS,
    depth: 200,
    startAt: 'now',
    ledger: { frames: 0 },
  });
  const folder = mkdtempSync(join(process.env['FEEDTAPE_SOAK_DIR'] ?? tmpdir(), 'feedtape-pace-'));
  const { child, says, finished } = start([
    'record',
    '-p',
    PRODUCTS.join(','),
    '-c',
    'level2',
    '--url',
    exchange.url,
    '--out',
    folder,
    ...options,
  ]);
  const viewer = new AbortController();
  if (look) {
    const page = /http:\S+\//u.exec(await says(/status page: http:\S+\//u))?.[0] ?? '';
    const { body } = await fetch(`${page}events`, { signal: viewer.signal });
    void body?.pipeTo(new WritableStream()).catch(() => undefined);
  }
  await pass(SETTLED_MS);
  const sent = (): number => exchange.ledger.connections.reduce((sum, page) => sum + page.sent, 0);
  const before = { cpu: cpuSeconds(child.pid ?? 0), frames: sent(), at: performance.now() };
  await pass(seconds * 1000);
  const elapsed = (performance.now() - before.at) / 1000;
  const share = (cpuSeconds(child.pid ?? 0) - before.cpu) / elapsed;
  const framesPerSecond = (sent() - before.frames) / elapsed;
  viewer.abort();
  child.kill('SIGINT');
  await finished;
  await exchange.close();
  rmSync(folder, { recursive: true });
  return { share, framesPerSecond };
}

const LISTEN = ['--listen', '127.0.0.1:0'];
for (const [name, options, look] of [
  ['no page', [], false],
  ['page, nobody looks', LISTEN, false],
  ['page, somebody looks', LISTEN, true],
  ['page, nobody looks, zstd', [...LISTEN, '--compress', 'zstd', '--rotate-size', '16MiB'], false],
] as const) {
  const { share, framesPerSecond } = await cost(options, look);
  process.stdout.write(
    `${name}: ${(share * 100).toFixed(1)} % of a core at ${framesPerSecond.toFixed(0)} frames a second\n`,
  );
  if (share >= ALLOWED_SHARE || framesPerSecond < FRAMES_PER_SECOND) process.exitCode = 1;
}

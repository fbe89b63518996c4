// A long recording at 5,000 frames a second with a fault every five seconds: what is on the disk is what the
// exchange's ledger says was sent, every gap is counted, and memory, descriptors and timers stay flat.
// npm run nightly -- recorder-soak [minutes]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { frames } from '@feedtape/capture/node';
import { startExchange, type ConnectionLedger, type Fault } from '@feedtape/simulator';
import { feedtape } from './feedtape.ts';
import { recordWatched, type Usage } from './watched-recorder.ts';

const minutes = Number(process.argv[2] ?? 20);
const FRAMES_PER_SECOND = 5_000;
const FAULT_EVERY_MS = 5_000;
/** From here on memory must not grow; of a short run the first half is left out. */
const settledAfterMs = Math.min(10, minutes / 2) * 60_000;
const ALLOWED_GROWTH_MIB = 20;

const OF_A_FRAME: readonly Fault[] = [
  { kind: 'drop' },
  { kind: 'duplicate' },
  { kind: 'swap' },
  { kind: 'unknown-channel' },
  { kind: 'delay', ms: 40 },
];
/** One in so many: the client trusts an exchange again after a minute without a lost connection. */
const CONNECTION_FAULT_EVERY = 14;
const OF_A_CONNECTION: readonly Fault[] = [
  { kind: 'terminate' },
  { kind: 'close', code: 1001, withData: true },
  { kind: 'reset' },
  { kind: 'half-open' },
  { kind: 'sequence-restart' },
];

const faultOf = (round: number): Fault | undefined =>
  round % CONNECTION_FAULT_EVERY === CONNECTION_FAULT_EVERY - 1
    ? OF_A_CONNECTION[Math.floor(round / CONNECTION_FAULT_EVERY) % OF_A_CONNECTION.length]
    : OF_A_FRAME[round % OF_A_FRAME.length];

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Between two collections of garbage memory goes up and down by tens of MiB; what stays is the lower quartile. */
const lowerQuartile = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[values.length >> 2] ?? Number.NaN;

const exchange = await startExchange({
  rate: FRAMES_PER_SECOND,
  startAt: 'now',
  ledger: { frames: minutes * 60 * FRAMES_PER_SECOND * 2 },
});
const folder = mkdtempSync(join(process.env['FEEDTAPE_SOAK_DIR'] ?? tmpdir(), 'feedtape-soak-'));
const recorder = await recordWatched([
  '-p',
  'BTC-USD,ETH-USD,SOL-USD,XRP-USD,DOGE-USD',
  '-c',
  'level2,market_trades,ticker',
  '--url',
  exchange.url,
  '--out',
  folder,
  '--compress',
  'zstd',
  '--rotate-size',
  '64MiB',
]);

const began = performance.now();
const usages: (Usage & { readonly atMs: number })[] = [];
for (let round = 0; round < (minutes * 60_000) / FAULT_EVERY_MS; round += 1) {
  await pass(FAULT_EVERY_MS);
  const fault = faultOf(round);
  if (fault !== undefined) exchange.faults.inject(fault);
  const usage = { ...(await recorder.usage()), atMs: performance.now() - began };
  usages.push(usage);
  if (round % 12 === 11) say(`${String((round + 1) / 12)} min ${JSON.stringify(usage)}`);
}
// A frame that the last fault delayed is still on its way.
await pass(1_000);
const summary = await recorder.stop();
const elapsedSeconds = (performance.now() - began) / 1000;
await exchange.close();

/** CRC-32 of every recorded frame, by connection, in the order of the capture. */
const recorded = new Map<number, number[]>();
for await (const batch of frames(folder).batches({ reuse: true })) {
  for (const { connection, bytes } of batch) {
    const sums = recorded.get(connection) ?? [];
    recorded.set(connection, sums);
    sums.push(crc32(bytes));
  }
}

/** What was sent must begin with what was recorded; returns the frames known to be missing from that part. */
function droppedWithin(sums: readonly number[], ledger: ConnectionLedger): number {
  let index = 0;
  let dropped = 0;
  let unsettled = 0;
  for (const entry of ledger.frames) {
    if (entry.kind === 'dropped') unsettled += 1;
    if (entry.kind !== 'sent') continue;
    if (index === sums.length) break;
    if (entry.crc32 !== sums[index])
      throw new Error(`connection ${ledger.connection}: frame ${index} is not what was sent`);
    index += 1;
    // Only a later frame shows that one was dropped.
    dropped += unsettled;
    unsettled = 0;
  }
  if (index < sums.length)
    throw new Error(`connection ${ledger.connection}: ${sums.length} recorded, ${index} sent`);
  return dropped;
}

const beginsWith = ({ frames: [first] }: ConnectionLedger, sum: number | undefined): boolean =>
  first?.kind === 'sent' && first.crc32 === sum;

/** A connection that was lost before its first frame is in the ledger only. */
const ledgers = [...exchange.ledger.connections];
let dropped = 0;
for (const sums of recorded.values()) {
  let ledger = ledgers.shift();
  while (ledger !== undefined && !beginsWith(ledger, sums[0])) ledger = ledgers.shift();
  if (ledger === undefined) throw new Error('a recorded connection that the exchange does not know');
  dropped += droppedWithin(sums, ledger);
}

const verified = await feedtape(['verify', folder, '--json']);
const { ok, frames: kept, missing } = verified.json();
rmSync(folder, { recursive: true });

const settled = usages.filter(({ atMs }) => atMs >= settledAfterMs);
const edge = Math.max(1, Math.floor(settled.length / 4));
const of = (part: readonly Usage[], what: keyof Usage): number =>
  lowerQuartile(part.map((usage) => usage[what]));
const change = (what: keyof Usage): number =>
  of(settled.slice(-edge), what) - of(settled.slice(0, edge), what);
const growthMiB = change('residentMiB');
const told = {
  minutes,
  frames: kept,
  framesPerSecond: Math.round(Number(kept) / elapsedSeconds),
  connections: recorded.size,
  missing,
  dropped,
  faults: usages.length,
  growthMiB: Math.round(growthMiB * 10) / 10,
  residentMiB: Math.round(of(settled.slice(-edge), 'residentMiB')),
  cpuShare: Math.round(((usages.at(-1)?.cpuSeconds ?? 0) / elapsedSeconds) * 1000) / 1000,
  descriptors: [of(settled.slice(0, edge), 'descriptors'), of(settled.slice(-edge), 'descriptors')],
  timers: [of(settled.slice(0, edge), 'timers'), of(settled.slice(-edge), 'timers')],
};
say(JSON.stringify(told));
const wrong = [
  ok !== true && `verify: ${verified.stdout.toString()}`,
  kept !== summary['frames'] && `recorded ${String(summary['frames'])}, on the disk ${String(kept)}`,
  missing !== dropped && `missing ${String(missing)}, dropped ${dropped}`,
  missing !== summary['missing'] && `missing ${String(missing)}, said ${String(summary['missing'])}`,
  growthMiB >= ALLOWED_GROWTH_MIB && `memory grew by ${growthMiB.toFixed(1)} MiB`,
  Math.abs(change('descriptors')) > 2 && `descriptors changed by ${change('descriptors')}`,
  Math.abs(change('timers')) > 2 && `timers changed by ${change('timers')}`,
].filter((each) => each !== false);
for (const each of wrong) process.stderr.write(`${each}\n`);
process.exitCode = wrong.length > 0 ? 1 : 0;

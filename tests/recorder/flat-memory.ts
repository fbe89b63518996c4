// Ten million frames through the recorder as fast as it takes them, compressed, with old segments deleted and its
// status page asked: memory and disk are at the end what they were after the first million.
// npm run nightly -- recorder-flat-memory [frames]
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startExchange } from '@feedtape/simulator';
import { recordWatched } from './watched-recorder.ts';

const FRAMES = Number(process.argv[2] ?? 10_000_000);
const ALLOWED_GROWTH_MIB = 50;
/** Four segments of 32 MiB, the one that is written, and those that wait for the compressor at full speed. */
const ALLOWED_DISK_MIB = 8 * 32;
const MIB = 1024 * 1024;
const PRODUCTS = 'BTC-USD,ETH-USD,SOL-USD,XRP-USD,DOGE-USD';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const exchange = await startExchange({ speed: 'max', startAt: 'now', ledger: { frames: 0 } });
const folder = mkdtempSync(join(process.env['FEEDTAPE_SOAK_DIR'] ?? tmpdir(), 'feedtape-flat-'));
const recorder = await recordWatched([
  '-p',
  PRODUCTS,
  '-c',
  'level2,market_trades',
  '--url',
  exchange.url,
  '--out',
  folder,
  '--compress',
  'zstd',
  '--rotate-size',
  '32MiB',
  '--keep-segments',
  '4',
]);

/** A file that is deleted while it is looked at has no size any more. */
const diskMiB = (): number =>
  readdirSync(folder).reduce(
    (sum, file) => sum + (statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0),
    0,
  ) / MIB;
const received = async (): Promise<number> => {
  const { totals } = (await (await fetch(`${recorder.page}status.json`)).json()) as {
    totals: { frames: number };
  };
  return totals.frames;
};

/** One list of looks for every tenth of the frames. */
const tenths: { readonly residentMiB: number; readonly diskMiB: number }[][] = [];
for (let frames = await received(); frames < FRAMES; frames = await received()) {
  const { residentMiB } = await recorder.usage();
  const tenth = Math.floor((frames / FRAMES) * 10);
  (tenths[tenth] ??= []).push({ residentMiB, diskMiB: diskMiB() });
  await pass(500);
}
const { frames, dropped, gaps } = await recorder.stop();
await exchange.close();
rmSync(folder, { recursive: true });

const median = (tenth: (typeof tenths)[number] = []): number => {
  const sorted = tenth.map((look) => look.residentMiB).toSorted((left, right) => left - right);
  return Math.round(sorted[sorted.length >> 1] ?? Number.NaN);
};
const most = (tenth: (typeof tenths)[number] = [], what: 'residentMiB' | 'diskMiB'): number =>
  Math.round(Math.max(...tenth.map((look) => look[what])));
for (const [index, tenth] of tenths.entries())
  say(
    `tenth ${index + 1}: ${median(tenth)} MiB resident (at most ${most(tenth, 'residentMiB')}), at most ${most(tenth, 'diskMiB')} MiB on disk`,
  );
// The heap reaches the size that the garbage collector keeps it at within the first million frames.
const growth = median(tenths.at(-1)) - median(tenths[1]);
const disk = most(tenths.flat(), 'diskMiB');
say(JSON.stringify({ frames, dropped, gaps, growthMiB: growth, diskMiB: disk }));
process.exitCode =
  growth < ALLOWED_GROWTH_MIB && disk < ALLOWED_DISK_MIB && dropped === 0 && gaps === 0 ? 0 : 1;

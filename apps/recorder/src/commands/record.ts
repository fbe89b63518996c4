import { Option, type Command } from 'commander';
import type { FeedItem, FeedOptions } from '@feedtape/client';
import type { WriterOptions } from '@feedtape/capture/node';
import { isPrivateChannel, productsOf } from '@feedtape/protocol';
import {
  channels,
  count,
  duration,
  fsyncPolicy,
  productIds,
  size,
  webSocketUrl,
  type Channel,
} from '../argument-parsers.ts';
import { EXIT } from '../exit-codes.ts';
import { CommandFailure } from '../failure.ts';
import { describeItem } from '../recording/item-lines.ts';
import { showProgress, type Progress } from '../recording/progress.ts';
import { record } from '../recording/recording.ts';
import { PRODUCTION_URL, serverSource, simulatedSource } from '../recording/source.ts';
import { stopOnSignals } from '../recording/stop-signals.ts';
import { summaryOf, summaryText } from '../recording/summary.ts';
import { SOFTWARE } from '../software.ts';
import { say, sayJson, type Terminal } from '../terminal.ts';

const DEFAULT_CHANNELS: readonly Channel[] = ['level2', 'market_trades'];
const SIMULATED_PRODUCTS: readonly string[] = ['BTC-USD', 'ETH-USD', 'SOL-USD'];

interface RecordFlags {
  readonly product?: readonly string[];
  readonly channel?: readonly Channel[];
  readonly out: string;
  readonly url: string;
  readonly simulate?: true;
  readonly seed?: number;
  readonly keyFile?: string;
  readonly includePrivate?: true;
  readonly duration?: number;
  readonly frames?: number;
  readonly rotateSize?: number;
  readonly rotateEvery?: number;
  readonly fsync: NonNullable<WriterOptions['fsync']>;
  readonly compress: NonNullable<WriterOptions['compress']>;
  readonly json?: true;
  readonly quiet?: true;
}

/** Adds `record` to the program. */
export function addRecord(program: Command, terminal: Terminal): void {
  program
    .command('record')
    .description('write a capture of the live feed, of any other server, or of the built-in simulator')
    .option('-p, --product <id>', 'product to record, e.g. BTC-USD; repeatable', productIds)
    .option(
      '-c, --channel <name>',
      `channel to record; repeatable (default: ${DEFAULT_CHANNELS.join(' and ')})`,
      channels,
    )
    .option('-o, --out <folder>', 'folder of the capture', 'captures')
    .option('--url <address>', 'WebSocket server', webSocketUrl, PRODUCTION_URL)
    .option('--simulate', 'record the built-in simulator instead of a server')
    .option('--seed <number>', 'what the simulator makes its market from', count)
    .option('--key-file <path>', 'cdp_api_key.json or a PEM file; public channels need no key')
    .option('--include-private', 'allow the channels that hold your own orders and balances')
    .option('--duration <time>', 'stop after this time, e.g. 10s or 2h', duration)
    .option('--frames <count>', 'stop after exactly so many frames', count)
    .option('--rotate-size <size>', 'start a new segment at this size, e.g. 256MiB', size)
    .option('--rotate-every <time>', 'start a new segment after this time, e.g. 1h', duration)
    .option(
      '--fsync <policy>',
      'always, never or an interval: when data is forced to the disk',
      fsyncPolicy,
      { everyMs: 1000 },
    )
    .addOption(
      new Option('--compress <method>', 'compress sealed segments')
        .choices(['none', 'zstd', 'gzip'])
        .default('none'),
    )
    .option('--json', 'print one JSON object at the end')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
Examples:
  ${terminal.name} record --product BTC-USD                     the live feed, until Ctrl-C; no key needed
  ${terminal.name} record -p BTC-USD,ETH-USD -c ticker --out data --rotate-every 1h
  ${terminal.name} record --simulate --duration 10s --json      no network, no key`,
    )
    .action((flags: RecordFlags) => run(flags, terminal));
}

async function run(flags: RecordFlags, terminal: Terminal): Promise<void> {
  const subscriptions = subscriptionsOf(flags);
  const stop = stopOnSignals();
  let progress: Progress | undefined;
  const source = await (flags.simulate
    ? simulatedSource(simulatedProducts(flags), flags.seed)
    : serverSource(flags.url, flags.keyFile));
  try {
    const result = await record({
      writer: writerOptions(flags, source.feed.url),
      feed: { ...source.feed, subscriptions },
      signal: stop.signal,
      ...(flags.duration === undefined ? {} : { durationMs: flags.duration }),
      ...(flags.frames === undefined ? {} : { frames: flags.frames }),
      onStart: (_run, totals) => {
        progress = showProgress(terminal, {
          totals,
          durationMs: flags.duration,
          quiet: flags.quiet === true,
        });
      },
      onItem: (item: FeedItem) => {
        if (item.kind === 'frame') return;
        const line = describeItem(item);
        if (line !== undefined) progress?.note(line);
      },
    });
    progress?.stop();
    const summary = summaryOf(result, flags.out);
    if (flags.json) sayJson(terminal, summary);
    else say(terminal.stdout, summaryText(summary, terminal.name));
  } finally {
    progress?.stop();
    stop.release();
    await source.close();
  }
}

const simulatedProducts = (flags: RecordFlags): readonly string[] => flags.product ?? SIMULATED_PRODUCTS;

/** One subscription a channel, each with all products; what can't work is refused before anything is opened. */
function subscriptionsOf(flags: RecordFlags): FeedOptions['subscriptions'] {
  const wanted = flags.channel ?? DEFAULT_CHANNELS;
  const products = flags.simulate ? simulatedProducts(flags) : (flags.product ?? []);
  const privateChannel = wanted.find(isPrivateChannel);
  if (
    privateChannel !== undefined &&
    !(flags.includePrivate && (flags.simulate || flags.keyFile !== undefined))
  ) {
    throw new CommandFailure(EXIT.usage, `the channel ${privateChannel} holds private data`, {
      hint: 'Add --include-private and --key-file cdp_api_key.json if you mean to record it.',
    });
  }
  const needy = wanted.find((channel) => productsOf(channel) === 'required');
  if (needy !== undefined && products.length === 0) {
    throw new CommandFailure(EXIT.usage, `the channel ${needy} needs at least one --product`, {
      hint: 'For example --product BTC-USD; or --simulate for the built-in simulator.',
    });
  }
  return wanted.map((channel) =>
    productsOf(channel) === 'none' || products.length === 0 ? { channel } : { channel, productIds: products },
  );
}

function writerOptions(flags: RecordFlags, url: string): WriterOptions {
  const { rotateSize, rotateEvery } = flags;
  return {
    folder: flags.out,
    url,
    software: SOFTWARE,
    private: (flags.channel ?? []).some(isPrivateChannel),
    rotate: {
      ...(rotateSize === undefined ? {} : { bytes: rotateSize }),
      ...(rotateEvery === undefined ? {} : { ms: rotateEvery }),
    },
    fsync: flags.fsync,
    compress: flags.compress,
  };
}

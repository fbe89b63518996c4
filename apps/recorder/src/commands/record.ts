import { Option, type Command } from 'commander';
import * as parse from '../cli/option-parsers.ts';
import { readConfiguration } from '../cli/config-values.ts';
import { DEFAULT_CHANNELS, recordingPlan, type RecordFlags } from '../record/plan.ts';
import { connectionPlanText, connectionsOf } from '../record/dry-run.ts';
import { LOG_LEVELS } from '../events/recorder-event.ts';
import { runRecording } from '../record/run.ts';
import { PRODUCTION_URL } from '../record/source.ts';
import { say, sayJson, type Terminal } from '../output/terminal.ts';

/** Adds options and action of `record`. */
export function addRecord(command: Command, terminal: Terminal): void {
  addSourceOptions(command);
  addRunOptions(command);
  addStorageOptions(command);
  addReportOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  ${terminal.name} record --product BTC-USD                     the live feed, until Ctrl-C; no key needed
  ${terminal.name} record -p BTC-USD,ETH-USD -c ticker --out data --rotate-every 1h
  ${terminal.name} record -p BTC-USD --compress zstd --keep-size 50GiB --listen 127.0.0.1:8787
  ${terminal.name} record --simulate --duration 10s --json      no network, no key

The first Ctrl-C stops cleanly: all received frames are written and the segment is sealed.`,
    )
    .action((flags: RecordFlags) => run(flags, terminal));
  readConfiguration(command, terminal);
}

/** What to record, and from where. */
function addSourceOptions(command: Command): Command {
  return command
    .option('-p, --product <id>', 'product to record, e.g. BTC-USD; repeatable', parse.productIds)
    .option(
      '-c, --channel <name>',
      `channel to record; repeatable (default: ${DEFAULT_CHANNELS.join(' and ')})`,
      parse.channels,
    )
    .option('-o, --out <folder>', 'folder of the capture', 'captures')
    .option('--url <address>', 'WebSocket server', parse.webSocketUrl, PRODUCTION_URL)
    .option(
      '--user-url <address>',
      'server for the private channels, if different; repeatable, tried in this order',
      parse.webSocketUrls,
    )
    .option('--simulate', 'record the built-in simulator instead of a server')
    .option('--seed <number>', 'seed of the simulated market', parse.count)
    .option('--fault-seed <number>', 'inject faults into the simulator, chosen by this seed', parse.count)
    .option(
      '--key-file <path>',
      'cdp_api_key.json or a PEM file, - for standard input; needed only for private channels, which also take COINBASE_API_KEY and COINBASE_API_SECRET',
    )
    .option('--key-name <name>', 'name of the key, if the file holds only the secret')
    .option('--include-private', 'allow channels with your own orders and balances');
}

/** When to stop, and how to recover. */
function addRunOptions(command: Command): Command {
  return command
    .option('--duration <time>', 'stop after this time, e.g. 10s or 2h', parse.duration)
    .option('--frames <count>', 'stop after exactly this many frames', parse.count)
    .addOption(
      new Option('--recovery <policy>', 'how to recover from a gap')
        .choices(['resubscribe', 'reconnect', 'report'])
        .default('resubscribe'),
    );
}

/** How to write and how long to keep it. */
function addStorageOptions(command: Command): Command {
  return command
    .option('--rotate-size <size>', 'start a new segment at this size (default: 256MiB)', parse.size)
    .option('--rotate-every <time>', 'start a new segment after this time (default: 1h)', parse.duration)
    .option(
      '--fsync <policy>',
      'when to fsync: always, never or an interval (default: 1s)',
      parse.fsyncPolicy,
    )
    .addOption(
      new Option('--compress <method>', 'compress sealed segments')
        .choices(['none', 'zstd', 'gzip'])
        .default('none'),
    )
    .option('--keep-size <size>', 'delete the oldest sealed segments beyond this size', parse.size)
    .option('--keep-age <time>', 'delete sealed segments older than this', parse.duration)
    .option('--keep-segments <count>', 'delete the oldest sealed segments beyond this many', parse.count)
    .option('--keep-free <size>', 'delete the oldest sealed segments while less space is free', parse.size)
    .addOption(
      new Option(
        '--on-full <action>',
        'when the disk is full: wait for space and count dropped frames, or exit',
      )
        .choices(['wait', 'exit'])
        .default('wait'),
    );
}

/** What to show and log. */
function addReportOptions(command: Command): Command {
  return command
    .option(
      '--listen <address>',
      'serve the status page and metrics, e.g. 127.0.0.1:8787',
      parse.listenAddress,
    )
    .option('--allow-host <name>', 'additional host name of the status page; repeatable', parse.hostNames)
    .option('--insecure-ws', 'allow ws:// to other machines')
    .option('--dry-run', 'print the planned connections and exit')
    .option('--json', 'print one JSON object at the end')
    .option('-q, --quiet', 'no progress, log only errors')
    .addOption(new Option('--log-level <level>', 'minimum log level (default: info)').choices(LOG_LEVELS))
    .addOption(
      new Option('--log-format <format>', 'format of the log on standard error; json includes progress')
        .choices(['text', 'json'])
        .default('text'),
    );
}

async function run(flags: RecordFlags, terminal: Terminal): Promise<void> {
  const plan = recordingPlan(flags, terminal);
  if (flags.dryRun) {
    const connections = connectionsOf(plan);
    if (flags.json) sayJson(terminal, { folder: flags.out, connections });
    else say(terminal.stdout, connectionPlanText(connections, flags.out));
    return;
  }
  process.exitCode = await runRecording(plan, terminal);
}

import { Option, type Command } from 'commander';
import type { StartOptions } from '@feedtape/simulator';
import { port, speed } from '../cli/option-parsers.ts';
import { planReading, recordedFrames } from '../read/reading-plan.ts';
import { serve } from '../serve/serving.ts';
import type { Terminal } from '../output/terminal.ts';

interface ReplayFlags {
  readonly port?: number;
  readonly speed: number | 'max';
  readonly mode: NonNullable<StartOptions['captureMode']>;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds options and action of `replay`. */
export function addReplay(command: Command, terminal: Terminal): void {
  command
    .argument('<path...>', 'files, folders or patterns')
    .option('--port <number>', 'port on 127.0.0.1 (default: any free port)', port)
    .option('--speed <factor>', 'speed relative to the recording, or max', speed, 1)
    .addOption(
      new Option(
        '--mode <mode>',
        'connections: the n-th client gets the n-th recorded connection, byte for byte; merged: every client gets its subscriptions, renumbered',
      )
        .choices(['connections', 'merged'])
        .default('connections'),
    )
    .option('--json', 'print one JSON object with the address once it listens')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
Playback starts with a client's first subscribe; at the end the connection is closed with 1000.
Connections with private frames are served only after a request with a token of the key printed at
the start. Browsers are refused.

Examples:
  ${terminal.name} replay captures --port 8765 --speed 10
  ${terminal.name} record --product BTC-USD --url ws://127.0.0.1:8765    in a second terminal`,
    )
    .action((paths: readonly string[], flags: ReplayFlags) => run(paths, flags, terminal));
}

async function run(
  paths: readonly string[],
  { port: wanted, speed: factor, mode, json = false, quiet = false }: ReplayFlags,
  terminal: Terminal,
): Promise<void> {
  const options: StartOptions = {
    capture: paths,
    captureMode: mode,
    speed: factor,
    ...(wanted === undefined ? {} : { port: wanted }),
  };
  // With merged, the number of frames depends on the subscriptions.
  const frames = mode === 'connections' ? await recordedFrames(await planReading(paths)) : undefined;
  await serve(options, { what: 'Serving the capture', json, quiet, frames }, terminal);
}

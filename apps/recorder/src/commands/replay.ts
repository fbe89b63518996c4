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

/** Gives `replay` its options and what it does. */
export function addReplay(command: Command, terminal: Terminal): void {
  command
    .argument('<path...>', 'files, folders or patterns')
    .option('--port <number>', 'port on 127.0.0.1 (default: any free one)', port)
    .option('--speed <factor>', 'how many times as fast as it was recorded, or max', speed, 1)
    .addOption(
      new Option(
        '--mode <mode>',
        'connections: the n-th client gets the n-th recorded connection, byte for byte; merged: every client gets what it subscribes to, numbered anew',
      )
        .choices(['connections', 'merged'])
        .default('connections'),
    )
    .option('--json', 'print one JSON object with the address when it listens')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
The tape of a client starts with its first subscribe; at its end the connection is closed with 1000.
A recorded connection that holds private frames is served only after a request with a token of the key
that is printed at the start; pages in a browser are not served.

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
  // What a client gets of a merged tape depends on what it asks for.
  const frames = mode === 'connections' ? await recordedFrames(await planReading(paths)) : undefined;
  await serve(options, { what: 'The capture is served', json, quiet, frames }, terminal);
}

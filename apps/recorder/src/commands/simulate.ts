import type { Command } from 'commander';
import { swarmFaults } from '@feedtape/simulator';
import { count, port, productIds, speed } from '../cli/option-parsers.ts';
import { serve } from '../serve/serving.ts';
import type { Terminal } from '../output/terminal.ts';

interface SimulateFlags {
  readonly product?: readonly string[];
  readonly port?: number;
  readonly seed?: number;
  readonly depth?: number;
  readonly speed: number | 'max';
  readonly faultSeed?: number;
  readonly requireAuth?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds options and action of `simulate`. */
export function addSimulate(command: Command, terminal: Terminal): void {
  command
    .option('-p, --product <id>', 'product to list; repeatable (default: ten -USD products)', productIds)
    .option('--port <number>', 'port on 127.0.0.1 (default: any free port)', port)
    .option('--seed <number>', 'seed of the market', count)
    .option('--depth <levels>', 'levels of each book, from 2 to 45000 (default: 1000)', count)
    .option('--speed <factor>', 'speed relative to real time, or max', speed, 1)
    .option('--fault-seed <number>', 'inject faults chosen by this seed', count)
    .option('--require-auth', 'require a token on public channels too')
    .option('--json', 'print one JSON object with the address once it listens')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
Examples:
  ${terminal.name} simulate --port 8765
  ${terminal.name} record --product BTC-USD --url ws://127.0.0.1:8765    in a second terminal`,
    )
    .action(({ product, json = false, quiet = false, faultSeed, ...options }: SimulateFlags) =>
      serve(
        {
          startAt: 'now',
          ...options,
          ...(product === undefined ? {} : { products: product }),
          ...(faultSeed === undefined ? {} : { faults: swarmFaults(faultSeed) }),
        },
        { what: 'Serving the simulated exchange', json, quiet },
        terminal,
      ),
    );
}

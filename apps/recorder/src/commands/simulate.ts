import { once } from 'node:events';
import type { Command } from 'commander';
import { startExchange } from '@feedtape/simulator';
import { count, productIds } from '../argument-parsers.ts';
import { stopOnSignals } from '../recording/stop-signals.ts';
import { say, sayJson, type Terminal } from '../terminal.ts';

interface SimulateFlags {
  readonly product?: readonly string[];
  readonly port?: number;
  readonly seed?: number;
  readonly depth?: number;
  readonly json?: true;
}

/** Adds `simulate` to the program. */
export function addSimulate(program: Command, terminal: Terminal): void {
  program
    .command('simulate')
    .description('run the sandbox exchange on this machine until Ctrl-C')
    .option('-p, --product <id>', 'product to list; repeatable', productIds)
    .option('--port <number>', 'port on 127.0.0.1 (default: any free one)', count)
    .option('--seed <number>', 'same seed, same market', count)
    .option('--depth <levels>', 'levels in each book', count)
    .option('--json', 'print one JSON object with the address when it listens')
    .action((flags: SimulateFlags) => run(flags, terminal));
}

async function run({ product, port, seed, depth, json }: SimulateFlags, terminal: Terminal): Promise<void> {
  const stop = stopOnSignals();
  const exchange = await startExchange({
    startAt: 'now',
    ...(product === undefined ? {} : { products: product }),
    ...(port === undefined ? {} : { port }),
    ...(seed === undefined ? {} : { seed }),
    ...(depth === undefined ? {} : { depth }),
  });
  try {
    if (json) sayJson(terminal, { url: exchange.url, userUrl: exchange.userUrl, port: exchange.port });
    else
      say(
        terminal.stdout,
        `The sandbox exchange listens on ${exchange.url} (user channels: ${exchange.userUrl}). Ctrl-C ends it.`,
      );
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
  } finally {
    stop.release();
    await exchange.close();
  }
}

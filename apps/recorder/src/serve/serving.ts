import { once } from 'node:events';
import { environmentLines, startExchange, type StartOptions } from '@feedtape/simulator';
import { stopOnSignals } from '../process/signals.ts';
import { showServing } from './serving-progress.ts';
import { say, sayJson, type Terminal } from '../output/terminal.ts';

export interface ServeOptions {
  readonly what: string;
  readonly json: boolean;
  readonly quiet: boolean;
  /** How many recorded frames there are to send, if known. */
  readonly frames?: number | undefined;
}

/** Serves an exchange on this machine until a signal. Prints its address and its keys first. */
export async function serve(
  options: StartOptions,
  { what, json, quiet, frames }: ServeOptions,
  terminal: Terminal,
): Promise<void> {
  // Before it listens, which takes a while for a long capture, a signal ends the process at once.
  const exchange = await startExchange(options);
  const stop = stopOnSignals();
  try {
    const { url, userUrl, port } = exchange;
    const keys = exchange.keys.map(({ algorithm, json: document }) => ({ algorithm, ...document }));
    if (json) sayJson(terminal, { url, userUrl, port, keys });
    else {
      say(terminal.stdout, `# ${what} on ${url} until Ctrl-C. Environment with a key that it accepts:`);
      // The key is a PEM text of several lines.
      say(
        terminal.stdout,
        environmentLines(exchange).flatMap((line) => line.split('\n')),
      );
    }
    const { ledger } = exchange;
    const hide = showServing(terminal, { ledger, frames, quiet });
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    hide();
  } finally {
    stop.release();
    await exchange.close();
  }
}

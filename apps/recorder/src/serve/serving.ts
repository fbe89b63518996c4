import { once } from 'node:events';
import { environmentLines, startExchange, type StartOptions } from '@feedtape/simulator';
import { stopOnSignals } from '../process/signals.ts';
import { showServing } from './serving-progress.ts';
import { say, sayJson, type Terminal } from '../output/terminal.ts';

export interface ServeOptions {
  readonly what: string;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Recorded frames that there are to send, where that is known. */
  readonly frames?: number | undefined;
}

/** Serves an exchange on this machine until a signal, and says first where it is and how to sign in. */
export async function serve(
  options: StartOptions,
  { what, json, quiet, frames }: ServeOptions,
  terminal: Terminal,
): Promise<void> {
  // Until it listens, which may take a long capture a while, a signal ends the process as it is.
  const exchange = await startExchange(options);
  const stop = stopOnSignals();
  try {
    const { url, userUrl, port } = exchange;
    if (json) sayJson(terminal, { url, userUrl, port });
    else {
      say(
        terminal.stdout,
        `# ${what} on ${url} until Ctrl-C. For the shell, with a key that this exchange accepts:`,
      );
      for (const line of environmentLines(exchange)) say(terminal.stdout, line);
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

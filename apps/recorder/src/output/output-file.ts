import type { DerivedCapture } from '@feedtape/capture/node';
import { bytesText, countText } from './format.ts';
import { stopOnSignals } from '../process/signals.ts';
import { say, sayJson, type Terminal } from './terminal.ts';

/**
 * Makes an output that SIGINT or SIGTERM ends: the process then says that nothing was written to `out` and ends
 * with 130 or 143. `make` has to leave nothing there when its signal aborts. `undefined` when it was stopped.
 */
export async function untilStopped<T>(
  terminal: Terminal,
  out: string,
  make: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const stop = stopOnSignals();
  try {
    return await make(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say(terminal.stderr, `Stopped; nothing was written to ${out}.`);
    process.exitCode = stop.exitCode;
    return undefined;
  } finally {
    stop.release();
  }
}

/** Says what a command made out of a capture or of raw frames. */
export function sayMade(terminal: Terminal, made: DerivedCapture, json: boolean | undefined): void {
  if (json === true) sayJson(terminal, made);
  else say(terminal.stdout, `${made.path}: ${countText(made.frames, 'frame')}, ${bytesText(made.bytes)}`);
}

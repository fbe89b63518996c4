import type { DerivedCapture } from '@feedtape/capture/node';
import { bytesText, countText } from './format.ts';
import { stopOnSignals } from '../process/signals.ts';
import { say, sayJson, type Terminal } from './terminal.ts';

/**
 * Runs `make` until a stop signal aborts it; then reports that nothing was written to `out`, sets the exit code 130 or
 * 143 and returns `undefined`. `make` must leave nothing at `out` when its signal aborts.
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
    say(terminal.stderr, `Interrupted; nothing was written to ${out}.`);
    process.exitCode = stop.exitCode;
    return undefined;
  } finally {
    stop.release();
  }
}

/** Reports a capture that a command has written. */
export function sayMade(terminal: Terminal, made: DerivedCapture, json: boolean | undefined): void {
  if (json === true) sayJson(terminal, made);
  else say(terminal.stdout, `${made.path}: ${countText(made.frames, 'frame')}, ${bytesText(made.bytes)}`);
}

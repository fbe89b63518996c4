import type { Accounting } from './accounting.ts';
import { createSequencer } from './sequencer.ts';
import type { Verdict } from './verdict.ts';

/**
 * Tracks `heartbeat_counter`, the uptime of a server process in seconds. It rises by one per beat, is unrelated across
 * connections, and says nothing about frames. A `gap` means beats that were missed or late within one connection.
 */
export interface HeartbeatMonitor {
  /** Returns the verdict on a counter: a number, as on the wire, or a string of digits, as in the documentation. */
  push(counter: unknown): Verdict;
  /** Ends a connection; the next counter is a `first` again. */
  close(): void;
  readonly accounting: Accounting;
}

/**
 * Creates a monitor for one connection after the other.
 *
 * @example
 * ```ts
 * const monitor = createHeartbeatMonitor();
 * monitor.push(21_697); // { kind: 'first' }
 * monitor.push(21_699); // a gap of one beat
 * ```
 */
export function createHeartbeatMonitor(): HeartbeatMonitor {
  const sequencer = createSequencer({ start: 'any' });
  return {
    push: (counter) => sequencer.push(isDigits(counter) ? Number(counter) : counter),
    close: () => void sequencer.close(),
    get accounting() {
      return sequencer.accounting;
    },
  };
}

const isDigits = (value: unknown): value is string => typeof value === 'string' && /^\d{1,32}$/.test(value);

import type { Accounting } from './accounting.ts';
import { createSequencer } from './sequencer.ts';
import type { Verdict } from './verdict.ts';

/**
 * Watches `heartbeat_counter`. It is the uptime of a server process in seconds: it rises by one with each beat,
 * has an unrelated value on another connection, and says nothing about frames. So only its steps within one
 * connection count, and a `gap` means beats that were missed or came late.
 */
export interface HeartbeatMonitor {
  /** Judges a counter, a number or a string of digits: the wire sends the one, the documentation shows the other. */
  push(counter: unknown): Verdict;
  /** Ends a connection; the next counter is a `first` again. */
  close(): void;
  readonly accounting: Accounting;
}

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

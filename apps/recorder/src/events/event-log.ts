import { countText } from '../output/format.ts';
import { escaped } from '../output/printable.ts';
import { say, type Terminal } from '../output/terminal.ts';
import { createLogRateLimit } from './log-rate-limit.ts';
import { fieldsOf, LOG_LEVELS, messageOf, type LogLevel, type RecorderEvent } from './recorder-event.ts';

export type LogFormat = 'text' | 'json';

export interface EventLogOptions {
  /** Least important level that is logged. */
  readonly level: LogLevel;
  /** `json`: one object a line, with `level`, `time`, `event`, the fields of the event, and `message`. */
  readonly format: LogFormat;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** Writes an event as at most one line of standard error. */
export type EventLog = (event: RecorderEvent) => void;

/** Lines are buffered up to this size; beyond it they are left out and counted. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/**
 * Logs to standard error. Lines hold no control or direction characters whatever an event quotes. Limits each event to
 * one line a second after a burst, and buffers at most 1 MiB while nobody reads.
 */
export function createEventLog(
  { stderr }: Pick<Terminal, 'stderr'>,
  { level, format, now = () => performance.now() }: EventLogOptions,
): EventLog {
  const write = whenRead(stderr, format === 'json' ? writeJson(stderr) : writeText(stderr));
  const limit = createLogRateLimit();
  const least = LOG_LEVELS.indexOf(level);
  return (event) => {
    if (LOG_LEVELS.indexOf(event.level) >= least) limit(event, now()).forEach(write);
  };
}

function whenRead(stderr: Terminal['stderr'], write: EventLog): EventLog {
  let unread = 0;
  return (event) => {
    if (stderr.writableLength > MAX_BUFFERED_BYTES) {
      unread += 1;
      return;
    }
    if (unread > 0) {
      const text = `${countText(unread, 'line')} of the log left out while nobody read it`;
      write({ level: 'warn', event: 'log-unread', text, fields: { lines: unread } });
      unread = 0;
    }
    write(event);
  };
}

const writeText =
  (stderr: Terminal['stderr']): EventLog =>
  (event) =>
    say(stderr, escaped(messageOf(event)));

const writeJson =
  (stderr: Terminal['stderr']): EventLog =>
  (event) => {
    const { level, event: name } = event;
    const time = new Date().toISOString();
    const line = { level, time, event: name, ...fieldsOf(event), message: messageOf(event) };
    stderr.write(`${JSON.stringify(line, escapedValue)}\n`);
  };

const escapedValue = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? escaped(value) : value;

import { countText } from '../output/format.ts';
import { escaped } from '../output/printable.ts';
import { say, type Terminal } from '../output/terminal.ts';
import { createNoticeLimit } from './notice-limit.ts';
import { LOG_LEVELS, type LogLevel, type Notice } from './notices.ts';

export type LogFormat = 'text' | 'json';

export interface EventLogOptions {
  /** Less important notices are left out. */
  readonly level: LogLevel;
  /** `json`: one object a line, with `time`, `level`, `event`, `message` and the fields of the event. */
  readonly format: LogFormat;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** Takes notices; every one becomes at most one line of standard error. */
export type EventLog = (notice: Notice) => void;

/** Lines that nobody reads are held in memory up to here; more are left out and counted. */
const MOST_UNREAD_BYTES = 1024 * 1024;

/**
 * A log on standard error. Whatever a notice says, a line has no control character and no mark of direction; however
 * many notices there are, it grows by a line a second for each event, and holds 1 MiB that nobody reads.
 */
export async function createEventLog(
  { stderr }: Pick<Terminal, 'stderr'>,
  { level, format, now = () => performance.now() }: EventLogOptions,
): Promise<EventLog> {
  const write = whenRead(stderr, format === 'json' ? await jsonLines(stderr) : textLines(stderr));
  const limit = createNoticeLimit();
  const least = LOG_LEVELS.indexOf(level);
  return (notice) => {
    if (LOG_LEVELS.indexOf(notice.level) >= least) limit(notice, now()).forEach(write);
  };
}

function whenRead(stderr: Terminal['stderr'], write: EventLog): EventLog {
  let unread = 0;
  return (notice) => {
    if (stderr.writableLength > MOST_UNREAD_BYTES) {
      unread += 1;
      return;
    }
    if (unread > 0) {
      const text = `${countText(unread, 'line')} of the log left out while nobody read it`;
      write({ level: 'warn', event: 'log-unread', text, fields: { lines: unread } });
      unread = 0;
    }
    write(notice);
  };
}
const textLines =
  (stderr: Terminal['stderr']): EventLog =>
  ({ text }) =>
    say(stderr, escaped(text));

async function jsonLines(stderr: Terminal['stderr']): Promise<EventLog> {
  const { pino } = await import('pino');
  const logger = pino(
    {
      level: 'trace',
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stderr,
  );
  return ({ level, event, text, fields = {} }) => {
    const harmless = Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === 'string' ? escaped(value) : value,
    ]);
    logger[level]({ event, ...Object.fromEntries(harmless) }, escaped(text));
  };
}

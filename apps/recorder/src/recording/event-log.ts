import { escaped } from '../figures.ts';
import { say, type Terminal } from '../terminal.ts';
import { LOG_LEVELS, type LogLevel, type Notice } from './notices.ts';

export type LogFormat = 'text' | 'json';

export interface EventLogOptions {
  /** Less important notices are left out. */
  readonly level: LogLevel;
  /** `json`: one object a line, with `time`, `level`, `event`, `message` and the fields of the event. */
  readonly format: LogFormat;
}

/** Takes notices; every one becomes at most one line of standard error. */
export type EventLog = (notice: Notice) => void;

/** A log on standard error. Whatever a notice says, a line has no control character and no mark of direction. */
export async function createEventLog(
  { stderr }: Pick<Terminal, 'stderr'>,
  { level, format }: EventLogOptions,
): Promise<EventLog> {
  const write = format === 'json' ? await jsonLines(stderr) : textLines(stderr);
  const least = LOG_LEVELS.indexOf(level);
  return (notice) => {
    if (LOG_LEVELS.indexOf(notice.level) >= least) write(notice);
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

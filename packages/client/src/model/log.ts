/** One thing worth telling an operator. Plain data; text from the exchange is cut to 512 characters. */
export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** What happened, noun-verb: `connection-ended`. */
  readonly event: string;
  readonly connection?: number;
  readonly details?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/** Where log entries go. What it throws is ignored: a log must not stop a feed. */
export type Log = (entry: LogEntry) => void;

const MAX_CHARACTERS = 512;

/** Text from outside, fit for a log, an error or an item: short and without control characters. */
export function plainText(text: string): string {
  const short = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
  // Control characters, and the marks that reverse the direction of text.
  return short.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}

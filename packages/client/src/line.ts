import type { FeedItem } from './feed-item.ts';

/**
 * Which of the redundant lines a connection belongs to, and which connections are up: what everybody needs who
 * puts the two lines of one feed together.
 */
export class LineMap {
  readonly #lines = new Map<number, number>();

  /** Looks at every item of the feed. */
  note(item: FeedItem): void {
    if (item.kind === 'connected') this.#lines.set(item.connection, item.line);
    else if (item.kind === 'disconnected') this.#lines.delete(item.connection);
  }

  /** 0 for a connection that is not known. */
  lineOf(connection: number): number {
    return this.#lines.get(connection) ?? 0;
  }

  /** Whether any connection of a line is up. */
  isUp(line: number): boolean {
    for (const up of this.#lines.values()) if (up === line) return true;
    return false;
  }
}

import type { FeedItem } from '../model/item.ts';

/** Which lines of a feed have a connection that is up, for whoever puts the two lines of one feed together. */
export class LinesUp {
  readonly #lines = new Map<number, number>();

  /** Looks at every item of the feed. */
  note({ kind, connection, line }: FeedItem): void {
    if (kind === 'disconnected') this.#lines.delete(connection);
    else if (!this.#lines.has(connection)) this.#lines.set(connection, line);
  }

  /** Whether any connection of a line is up. */
  isUp(line: number): boolean {
    for (const up of this.#lines.values()) if (up === line) return true;
    return false;
  }
}

import { CaptureError } from '../../format/error.ts';
import { MAX_CONNECTIONS } from '../fs/limits.ts';

/** Counts the connections of a run, of each of which a reader keeps something. */
export interface ConnectionBudget {
  /**
   * To be called with the connection of every record, and the file that it is in.
   *
   * @throws CaptureError `CAPTURE_LIMIT`
   */
  see(connection: number, path: string): void;
}

export function createConnectionBudget(): ConnectionBudget {
  const seen = new Set<number>();
  /** Of most frames the one before is of the same connection. */
  let last: number | undefined;
  return {
    see(connection, path) {
      if (connection === last) return;
      last = connection;
      seen.add(connection);
      if (seen.size <= MAX_CONNECTIONS) return;
      throw new CaptureError('CAPTURE_LIMIT', { path, what: 'connections in a run', most: MAX_CONNECTIONS });
    },
  };
}

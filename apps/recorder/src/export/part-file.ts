import type { ExportTable, Row } from './export-tables.ts';

/** One file of a partition while it is written. */
export interface PartFile {
  /** Writes the rows; resolves when they are handed to the operating system. */
  append(rows: readonly Row[]): Promise<void>;
  /** Writes what must stand at the end. */
  finish(): Promise<void>;
  /** Bytes written so far. */
  readonly bytes: number;
}

/** A format to export to. */
export interface PartFormat {
  /** Without the point. */
  readonly extension: string;
  /** Begins a file that does not exist yet, readable only by its owner. */
  readonly create: (path: string, table: ExportTable) => Promise<PartFile>;
}

/** An export may hold what an account did, as the capture does. */
export const OWNER_ONLY = 0o600;

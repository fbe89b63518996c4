import type { ExportTable, Row } from './export-tables.ts';

/** One file of a partition while it is written. */
export interface PartFile {
  /** Writes the rows; resolves once the operating system has them. */
  append(rows: readonly Row[]): Promise<void>;
  /** Writes the footer, if the format has one. */
  finish(): Promise<void>;
  /** Bytes written so far. */
  readonly bytes: number;
}

/** A format to export to. */
export interface PartFormat {
  /** Without the point. */
  readonly extension: string;
  /** Creates a new file, readable only by its owner. */
  readonly create: (path: string, table: ExportTable) => Promise<PartFile>;
}

/** An export may hold private data of an account. */
export const OWNER_ONLY = 0o600;

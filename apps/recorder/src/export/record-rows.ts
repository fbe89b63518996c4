import type { ConnectionRecord, GapRecord } from '@feedtape/capture';
import type { Cell, Row } from './export-tables.ts';

/** Converts a gap or connection record to a row of the table `gaps`. */
export function rowOfRecord(record: ConnectionRecord | GapRecord, run: string): Row {
  if (record.kind === 'connection') {
    const { kind, connection, at, mono: _, event, ...details } = record;
    return [run, connection, at, kind, null, event, null, null, null, detailsCell(details)];
  }
  const { kind, connection, at, mono: _, why, count, from, to, ...details } = record;
  return [run, connection, at, kind, why, null, count, cellOf(from), cellOf(to), detailsCell(details)];
}

const detailsCell = (details: object): Cell =>
  Object.keys(details).length === 0 ? null : JSON.stringify(details);

/** The reader does not validate these, and a later version of the format may change them. */
function cellOf(value: unknown): Cell {
  if (value === undefined || value === null) return null;
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value);
}

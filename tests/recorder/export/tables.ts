import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Query } from './duckdb.ts';

/** SQL that reads one table of an export, with its partitions as columns. */
export const parquet = (out: string, table: string): string =>
  `read_parquet('${join(out, table)}/**/*.parquet', hive_partitioning = true)`;

export const ndjson = (out: string, table: string): string =>
  `read_json('${join(out, table)}/**/*.ndjson', format = 'newline_delimited', hive_partitioning = true)`;

/** The paths of all files of an export, below its folder. */
export const filesOf = (out: string): readonly string[] => globSync('**/*.*', { cwd: out }).toSorted();

/** A count as a number. */
export async function countOf(query: Query, from: string): Promise<number> {
  const [row] = await query(`SELECT count(*) AS rows FROM ${from}`);
  return Number(row?.['rows']);
}

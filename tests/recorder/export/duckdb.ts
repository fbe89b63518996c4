import { DuckDBInstance } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';

/** Large integers, decimals and times come as exact texts. The tables have no lists and no structures. */
export type Scalar = string | number | boolean | null;

/** Runs SQL and gives its rows. */
export type Query = (sql: string) => Promise<readonly Readonly<Record<string, Scalar>>[]>;

/** A database in memory that goes when the test ends. */
export async function openDatabase(): Promise<Query> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  onTestFinished(() => {
    connection.closeSync();
    instance.closeSync();
  });
  return async (sql) =>
    (await connection.runAndReadAll(sql)).getRowObjectsJson() as Readonly<Record<string, Scalar>>[];
}

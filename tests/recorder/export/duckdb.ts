import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';

/** Runs SQL and gives its rows; numbers beyond 2^53 and decimals as exact texts. */
export type Query = (sql: string) => Promise<readonly Readonly<Record<string, Json>>[]>;

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
  return async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

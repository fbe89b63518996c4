// @module-tag slow

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { capturedFrames } from '../captured-frames.ts';
import { feedtape } from '../feedtape.ts';
import { productionFrames } from '../production-frames.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { openDatabase, type Query, type Scalar } from './duckdb.ts';
import { ndjson, parquet } from './tables.ts';
import { wireRows, type WireRow } from './wire-rows.ts';

/** As a number is written on the wire: without zeros that say nothing. */
const plain = (decimal: unknown): unknown =>
  typeof decimal === 'string' && decimal.includes('.') ? decimal.replace(/\.?0+$/u, '') : decimal;

/** `2026-09-30T02:37:14.76Z` as DuckDB writes a TIMESTAMP_NS, without zeros that say nothing. */
const sqlTime = (time: unknown): unknown =>
  String(time)
    .replace('T', ' ')
    .replace('Z', '')
    .replace(/(\.\d*?)0+$/u, '$1')
    .replace(/\.$/u, '');

const DECIMALS =
  /^(?:price|size|price_level|new_quantity|volume.*|low.*|high.*|open|close|best_.*)$|^price_/u;
const TIMES = /^(?:time|event_time)$/u;

/** A row of the wire in the spelling in which {@link storedRow} gives it. */
function expectedRow({ fields, received_at, ...row }: WireRow): Record<string, unknown> {
  // Of tickers: always the same word, which the export leaves out.
  const { type: _, ...columns } = fields;
  const values = Object.entries(columns).map(([name, value]) => {
    if (DECIMALS.test(name)) return [name, plain(value)];
    if (name === 'start') return [name, sqlTime(new Date(Number(value) * 1000).toISOString())];
    return [name, TIMES.test(name) ? sqlTime(value) : value];
  });
  return { ...row, ...(Object.fromEntries(values) as object), received_at: sqlTime(received_at) };
}

const INTEGERS = new Set(['connection', 'index', 'sequence', 'event', 'item']);

function storedRow(row: Readonly<Record<string, Scalar>>): Record<string, unknown> {
  const values = Object.entries(row).map(([name, value]) => {
    if (DECIMALS.test(name)) return [name, plain(value)];
    if (INTEGERS.has(name)) return [name, Number(value)];
    return [name, TIMES.test(name) || name === 'received_at' || name === 'start' ? sqlTime(value) : value];
  });
  return Object.fromEntries(values) as Record<string, unknown>;
}

const IN_ORDER = 'ORDER BY run, connection, index, event, item';

/** Every row of the wire stands in the table once, with every value exact; and nothing else stands there. */
async function expectExact(query: Query, capture: string, out: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [table, wire] of await wireRows(capture)) {
    counts[table] = wire.length;
    if (wire.length === 0) continue;
    const stored = await query(`SELECT * FROM ${parquet(out, table)} ${IN_ORDER}`);
    expect(stored).toHaveLength(wire.length);
    for (const [place, row] of stored.entries()) {
      expect(row['unfit']).toBeNull();
      expect([place, storedRow(row)]).toMatchObject([place, expectedRow(wire[place] as WireRow)]);
    }
  }
  return counts;
}

async function exported(
  capture: string,
  ...flags: readonly string[]
): Promise<{ out: string; report: object }> {
  const out = join(temporaryFolder(), 'tables');
  const { code, stderr, json } = await feedtape(['export', capture, '--out', out, '--json', ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { out, report: json() };
}

test('every trade and level of the production frames is a row, exact to the last digit and nanosecond', async () => {
  const capture = await capturedFrames(productionFrames);
  const { out, report } = await exported(capture);
  const query = await openDatabase();
  const counts = await expectExact(query, capture, out);
  expect(counts).toMatchObject({ trades: 201, level2: 1038 });
  expect(report).toMatchObject({
    tables: { trades: { rows: 201, files: 2 }, level2: { rows: 1038, files: 2 }, tickers: { rows: 0 } },
    frames: {
      read: 34,
      exported: 30,
      withoutTable: { subscriptions: 3, heartbeats: 1 },
      undecodable: 0,
    },
  });
});

test('every row of a recorded simulator is exact in all four market tables, and NDJSON says the same', async () => {
  const capture = temporaryFolder();
  const channels = 'level2,market_trades,ticker,ticker_batch,candles';
  await feedtape(['record', '--simulate', '-c', channels, '--duration', '2s', '--out', capture, '--quiet']);
  const { out } = await exported(capture);
  const query = await openDatabase();
  const counts = await expectExact(query, capture, out);
  expect(Object.values(counts).every((count) => count > 0)).toBe(true);

  const { out: lines } = await exported(capture, '--format', 'ndjson');
  for (const table of Object.keys(counts)) {
    const both = `SELECT run, connection, index, event, item, product_id, channel, product`;
    const difference = await query(
      `(${both} FROM ${parquet(out, table)} EXCEPT ALL ${both} FROM ${ndjson(lines, table)})
       UNION ALL (${both} FROM ${ndjson(lines, table)} EXCEPT ALL ${both} FROM ${parquet(out, table)})`,
    );
    expect(difference).toEqual([]);
  }
  const sum = 'sum(price::DECIMAL(38, 12)) AS total';
  expect(await query(`SELECT ${sum} FROM ${parquet(out, 'trades')}`)).toEqual(
    await query(`SELECT ${sum} FROM ${ndjson(lines, 'trades')}`),
  );
});

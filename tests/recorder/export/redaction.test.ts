// @module-tag slow

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { capturedBy } from '../captured-frames.ts';
import { feedtape } from '../feedtape.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { openDatabase } from './duckdb.ts';
import { filesOf, parquet } from './tables.ts';

const SECRETS = {
  order_id: '11111111-aaaa-4bbb-8ccc-000000000001',
  client_order_id: '22222222-aaaa-4bbb-8ccc-000000000002',
  retail_portfolio_id: '33333333-aaaa-4bbb-8ccc-000000000003',
};
const USER = '44444444-aaaa-4bbb-8ccc-000000000004';

const privateCapture = (): Promise<string> =>
  capturedBy((writer) => {
    const order = { ...SECRETS, product_id: 'BTC-USDC', status: 'OPEN', limit_price: '1.25', avg_price: '' };
    const events = [{ type: 'snapshot', orders: [order] }];
    const envelope = { channel: 'user', client_id: '', timestamp: '2026-11-23T00:00:00Z', sequence_num: 0 };
    writer.frame(0, Buffer.from(JSON.stringify({ ...envelope, events })), performance.now());
    writer.connection(0, 'subscribed', { subscriptions: { user: [USER] } });
  });

const ALL = ['--table', 'orders,gaps'];

/** All rows of an export. */
async function rowsOf(out: string, format: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  if (format === 'parquet') {
    const query = await openDatabase();
    const tables = await Promise.all(
      ['orders', 'gaps'].map((table) => query(`SELECT * FROM ${parquet(out, table)}`)),
    );
    return tables.flat();
  }
  const lines = filesOf(out)
    .toReversed()
    .flatMap((file) => readFileSync(join(out, file), 'utf8').trim().split('\n'));
  return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

const IDENTIFYING = new Set([...Object.keys(SECRETS), 'details']);
const withoutIds = (row: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !IDENTIFYING.has(name)));

test('orders are exported only when they are asked for', async () => {
  const out = join(temporaryFolder(), 'tables');
  const { json } = await feedtape(['export', await privateCapture(), '--out', out, '--json']);
  expect(json()).toMatchObject({ frames: { exported: 0, withoutTable: { user: 1 } } });
  expect(Object.keys(json()['tables'] as object)).not.toContain('orders');
});

test.for(['parquet', 'ndjson'])(
  '--redact leaves no id of an order, a client, a portfolio or a user in %s; all else stays',
  async (format) => {
    const capture = await privateCapture();
    const out = join(temporaryFolder(), 'tables');
    const { stdout, stderr } = await feedtape([
      'export',
      capture,
      '--out',
      out,
      '--format',
      format,
      '--redact',
      ...ALL,
    ]);
    const redacted = await rowsOf(out, format);
    const text = `${JSON.stringify(redacted)}${stdout.toString()}${stderr}`;
    for (const secret of [...Object.values(SECRETS), USER]) expect(text).not.toContain(secret);

    const open = `${out}-open`;
    await feedtape(['export', capture, '--out', open, '--format', format, ...ALL]);
    const all = await rowsOf(open, format);
    for (const secret of [...Object.values(SECRETS), USER]) expect(JSON.stringify(all)).toContain(secret);
    expect(redacted).toEqual(all.map(withoutIds));
    expect(redacted).toHaveLength(2);
  },
);

// @module-tag slow

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { capturedBy, capturedFrames } from '../captured-frames.ts';
import { feedtape } from '../feedtape.ts';
import { productionFrames } from '../production-frames.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { openDatabase } from './duckdb.ts';
import { countOf, filesOf, parquet } from './tables.ts';

let sequence = 0;
const frame = (channel: string, events: readonly object[]): string =>
  JSON.stringify({ channel, timestamp: '2026-11-23T00:00:00Z', sequence_num: sequence++, events });

const trade = (product_id: string, trade_id: string, more: object = {}): object => ({
  product_id,
  trade_id,
  price: '1.5',
  size: '2',
  side: 'BUY',
  time: '2026-11-23T00:00:00.123456789Z',
  ...more,
});

test('all events of a frame are exported, and each product goes to its own partition', async () => {
  const capture = await capturedFrames([
    frame('market_trades', [
      { type: 'snapshot', trades: [trade('BTC-USD', '2'), trade('ETH-USD', '7'), trade('BTC-USD', '1')] },
      { type: 'update', trades: [trade('BTC-USD', '3')] },
      { type: 'update', trades: [] },
    ]),
  ]);
  const out = join(temporaryFolder(), 'tables');
  await feedtape(['export', capture, '--out', out]);
  const query = await openDatabase();
  const rows = await query(
    `SELECT product, event, item, event_type, trade_id FROM ${parquet(out, 'trades')} ORDER BY event, item`,
  );
  expect(rows.map((row) => Object.values(row))).toEqual([
    ['BTC-USD', '0', '0', 'snapshot', '2'],
    ['ETH-USD', '0', '1', 'snapshot', '7'],
    ['BTC-USD', '0', '2', 'snapshot', '1'],
    ['BTC-USD', '1', '0', 'update', '3'],
  ]);
});

test('--product chooses rows, also of a frame about several products', async () => {
  const capture = await capturedFrames([
    frame('market_trades', [{ type: 'update', trades: [trade('BTC-USD', '1'), trade('ETH-USD', '2')] }]),
    frame('market_trades', [{ type: 'update', trades: [trade('BTC-USD', '3')] }]),
  ]);
  const out = join(temporaryFolder(), 'tables');
  const { json } = await feedtape(['export', capture, '--out', out, '-p', 'ETH-USD', '--json']);
  expect(json()).toMatchObject({ tables: { trades: { rows: 1 } }, frames: { exported: 1, notSelected: 1 } });
  const query = await openDatabase();
  expect(await query(`SELECT product_id FROM ${parquet(out, 'trades')}`)).toEqual([
    { product_id: 'ETH-USD' },
  ]);
});

const HOSTILE = [
  '../../etc/passwd',
  'BTC-USD/..',
  '',
  '.',
  'a=b',
  '__proto__',
  'BTC-USD\n',
  'C:\\x',
  '*',
  '\0',
];

test('an invalid product id never becomes a path; its rows keep it', async () => {
  const capture = await capturedFrames(
    HOSTILE.map((id, index) =>
      frame('market_trades', [{ type: 'update', trades: [trade(id, String(index))] }]),
    ),
  );
  const folder = temporaryFolder();
  const out = join(folder, 'tables');
  await feedtape(['export', capture, '--out', out, '--table', 'trades']);
  expect(filesOf(folder)).toEqual([
    expect.stringMatching(
      /^tables\/trades\/date=\d{4}-\d\d-\d\d\/channel=market_trades\/product=_other\/part-000000\.parquet$/u,
    ),
  ]);
  const query = await openDatabase();
  const rows = await query(`SELECT product_id FROM ${parquet(out, 'trades')} ORDER BY index`);
  expect(rows.map(({ product_id }) => product_id)).toEqual(HOSTILE);
});

test('a value that does not fit its column is kept in the column unfit, never rounded', async () => {
  const capture = await capturedFrames([
    frame('market_trades', [
      {
        type: 'update',
        trades: [
          trade('BTC-USD', 'not a number', { price: '0.0000000000001' }),
          trade('BTC-USD', '9223372036854775808', { size: `1${'0'.repeat(26)}` }),
          trade('BTC-USD', '9223372036854775807', {
            price: '0.000000000001',
            size: `${'9'.repeat(26)}.${'9'.repeat(12)}`,
            time: '0001-01-01T00:00:00Z',
          }),
        ],
      },
    ]),
  ]);
  const out = join(temporaryFolder(), 'tables');
  await feedtape(['export', capture, '--out', out]);
  const query = await openDatabase();
  expect(
    await query(
      `SELECT trade_id, price, size, time, unfit FROM ${parquet(out, 'trades')} ORDER BY event, item`,
    ),
  ).toEqual([
    {
      trade_id: null,
      price: null,
      size: '2.000000000000',
      time: '2026-11-23 00:00:00.123456789',
      unfit: '{"trade_id":"not a number","price":"0.0000000000001"}',
    },
    {
      trade_id: null,
      price: '1.500000000000',
      size: null,
      time: '2026-11-23 00:00:00.123456789',
      unfit: `{"trade_id":"9223372036854775808","size":"1${'0'.repeat(26)}"}`,
    },
    {
      trade_id: '9223372036854775807',
      price: '0.000000000001',
      size: `${'9'.repeat(26)}.${'9'.repeat(12)}`,
      time: null,
      unfit: null,
    },
  ]);
});

test('frames that cannot be exported are counted by kind, the undecodable ones with their places', async () => {
  const capture = await capturedFrames([
    ...productionFrames.slice(0, 8),
    'not JSON',
    frame('market_trades', [{ type: 'update', trades: [trade('BTC-USD', '1', { price: 'cheap' })] }]),
    frame('auctions', []),
    '{"type":"error","message":"authentication failure"}',
  ]);
  const out = join(temporaryFolder(), 'tables');
  const { code, json } = await feedtape(['export', capture, '--out', out, '--json']);
  expect(json()).toMatchObject({
    frames: {
      read: 12,
      exported: 7,
      notSelected: 0,
      withoutTable: { subscriptions: 1 },
      unknown: { auctions: 1 },
      errors: 1,
      undecodable: 2,
    },
    undecodable: [
      { connection: 0, index: 8 },
      { connection: 0, index: 9, channel: 'market_trades' },
    ],
  });
  expect(code).toBe(0);
  // The channel of a frame that is not JSON is not known, so choosing a channel does not hide it.
  const chosen = await feedtape(['export', capture, '--out', `${out}-2`, '-c', 'ticker', '--json']);
  expect(chosen.json()).toMatchObject({ frames: { read: 2, undecodable: 1, errors: 1 } });
});

test('gaps and what happened to connections are rows; an unknown extent is NULL', async () => {
  const capture = await capturedBy((writer) => {
    writer.connection(0, 'open', { url: 'wss://exchange.example' });
    writer.gap({ connection: 0, why: 'sequence', from: 4, to: 6, count: 3 });
    writer.connection(0, 'close', { code: 1006 });
    writer.gap({ connection: 0, why: 'disconnect', count: null });
  });
  const out = join(temporaryFolder(), 'tables');
  await feedtape(['export', capture, '--out', out]);
  const query = await openDatabase();
  const rows = await query(
    `SELECT kind, why, event, missing, first_missing, last_missing, details FROM ${parquet(out, 'gaps')}`,
  );
  expect(rows.map((row) => Object.values(row))).toEqual([
    ['connection', null, 'open', null, null, null, '{"url":"wss://exchange.example"}'],
    ['gap', 'sequence', null, '3', '4', '6', null],
    ['connection', null, 'close', null, null, null, '{"code":1006}'],
    ['gap', 'disconnect', null, null, null, null, null],
  ]);
  expect(await countOf(query, parquet(out, 'gaps'))).toBe(4);
});

const order = (order_id: string, more: object = {}): object => ({
  order_id,
  product_id: 'BTC-USD',
  status: 'OPEN',
  limit_price: '1.5',
  ...more,
});

test('an odd value leaves the rest of its frame in the tables, and is named', async () => {
  const orders = [
    order('a'),
    order('b', { limit_price: null, post_only: false }),
    order('c'),
    { order_id: 4 },
  ];
  const capture = await capturedFrames([
    frame('user', [{ type: 'snapshot', orders }]),
    frame('market_trades', [
      { type: 'update', trades: [trade('BTC-USD', '1', { price: '+Inf' }), trade('BTC-USD', '2')] },
    ]),
  ]);
  const out = join(temporaryFolder(), 'tables');
  const { json } = await feedtape([
    'export',
    capture,
    '--out',
    out,
    '-t',
    'orders',
    '-t',
    'trades',
    '--json',
  ]);
  expect(json()).toMatchObject({
    tables: { orders: { rows: 3 }, trades: { rows: 1 } },
    frames: { read: 2, exported: 2, partial: 2, undecodable: 0 },
    undecodable: [
      { index: 0, channel: 'user', why: expect.stringContaining('events[0].orders[1].limit_price') },
      { index: 1, channel: 'market_trades', why: expect.stringContaining('events[0].trades[0].price') },
    ],
  });
  const query = await openDatabase();
  expect(
    await query(`SELECT order_id, limit_price::VARCHAR AS price FROM ${parquet(out, 'orders')} ORDER BY 1`),
  ).toEqual([
    { order_id: 'a', price: '1.500000000000' },
    { order_id: 'b', price: null },
    { order_id: 'c', price: '1.500000000000' },
  ]);
});

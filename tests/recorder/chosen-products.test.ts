// @module-tag slow

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { capturedFrames } from './captured-frames.ts';
import { feedtape } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const envelope = (channel: string, sequence: number, events: readonly object[]): string =>
  JSON.stringify({ channel, timestamp: '2026-11-23T00:00:00Z', sequence_num: sequence, events });

const order = (product_id: string): object => ({ order_id: 'a', product_id, status: 'OPEN' });
const figures = [
  'price',
  'volume_24_h',
  'low_24_h',
  'high_24_h',
  'low_52_w',
  'high_52_w',
  'price_percent_chg_24_h',
];
const ticker = (product_id: string): object => ({
  type: 'ticker',
  product_id,
  ...Object.fromEntries(figures.map((name) => [name, '1'])),
});

/** Frames about SOL-USD, each in another place than the first product of the first event; and others. */
const about = [
  envelope('user', 0, [{ type: 'snapshot', orders: [order('BTC-USD'), order('SOL-USD')] }]),
  envelope('user', 1, [
    {
      type: 'update',
      orders: [],
      positions: { perpetual_futures_positions: [{ product_id: 'SOL-USD' }] },
    },
  ]),
  envelope('status', 2, [
    {
      type: 'snapshot',
      products: [
        { id: 'BTC-USD', status: 'online' },
        { id: 'SOL-USD', status: 'online' },
      ],
    },
  ]),
  envelope('ticker_batch', 3, [{ type: 'update', tickers: [ticker('BTC-USD'), ticker('SOL-USD')] }]),
  envelope('l2_data', 4, [
    { type: 'update', product_id: 'BTC-USD', updates: [] },
    { type: 'update', product_id: 'SOL-USD', updates: [] },
  ]),
  // Cut in transit, after the product.
  '{"channel":"l2_data","sequence_num":5,"events":[{"type":"update","product_id":"SOL-USD","updates":[{"si',
];
const others = [
  envelope('user', 6, [{ type: 'update', orders: [order('BTC-USD')] }]),
  envelope('subscriptions', 7, [{ subscriptions: { level2: ['BTC-USD', 'SOL-USD'] } }]),
];

test('every command selects the same frames by product', async () => {
  const capture = await capturedFrames([...about, ...others]);
  const cat = await feedtape(['cat', capture, '-p', 'SOL-USD']);
  expect(cat.stdout.toString().trimEnd().split('\n')).toEqual(about);

  const cut = join(temporaryFolder(), 'cut.ndjson');
  expect((await feedtape(['cut', capture, '-p', 'SOL-USD', '-o', cut, '--json'])).json()).toMatchObject({
    frames: about.length,
  });
  expect((await feedtape(['verify', cut, '--json'])).json()).toMatchObject({ ok: true, missing: 0, gaps: 0 });

  const inspected = (await feedtape(['inspect', capture, '--json'])).json() as {
    readonly runs: readonly {
      readonly products: readonly { readonly name: string; readonly frames: number }[];
    }[];
  };
  const products = inspected.runs[0]?.products ?? [];
  expect(products.find(({ name }) => name === 'SOL-USD')).toMatchObject({ frames: about.length });

  const chosen = (await feedtape(['inspect', capture, '-p', 'SOL-USD', '--json'])).json();
  expect(chosen).toMatchObject({ frames: about.length, missing: 0, gaps: 0 });

  const drift = (await feedtape(['drift', capture, '-p', 'SOL-USD', '--json'])).json();
  expect(drift).toMatchObject({ frames: about.length });

  const out = join(temporaryFolder(), 'tables');
  const args = [
    'export',
    capture,
    '-p',
    'SOL-USD',
    '--out',
    out,
    '-t',
    'orders',
    '-t',
    'tickers',
    '-t',
    'level2',
  ];
  // The frame of `status` has no table, the one that was cut is no message.
  expect((await feedtape([...args, '--json'])).json()).toMatchObject({
    frames: {
      read: 8,
      exported: 4,
      notSelected: 1,
      undecodable: 1,
      withoutTable: { status: 1, subscriptions: 1 },
    },
  });
}, 60_000);

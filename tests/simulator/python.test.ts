// @module-tag slow

import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Exchange, type ExchangeKey, startExchange } from '@feedtape/simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';

// The official Python SDK comes from PyPI only. Where a Python has what it stands on, a client of a page does on
// the wire what its source does: python-client.py.

const python = ['python3', '/usr/bin/python3'].find(
  (each) => spawnSync(each, ['-c', 'import websockets, jwt, cryptography']).status === 0,
);
const PRODUCTS = ['BTC-USD', 'ETH-USD'];

interface Seen {
  readonly kinds: readonly string[];
  /** By connection. */
  readonly numbers: readonly (readonly number[])[];
  readonly errors: readonly string[];
  /** Whether the book of each product has two sides that do not cross. */
  readonly books: Readonly<Record<string, boolean>>;
  readonly closes: readonly number[];
}

let exchange: Exchange;
beforeEach(async ({ skip }) => {
  skip(python === undefined, 'no python3 here has websockets, PyJWT and cryptography');
  exchange = await startExchange({ seed: 3, products: PRODUCTS, depth: 20_000, speed: 4 });
});
afterEach(() => exchange.close());

/** Runs the client until it has been closed twice, each time after so many frames. */
async function run(
  url: string,
  frames: number,
  channels: readonly string[],
  key?: ExchangeKey,
): Promise<Seen> {
  const script = join(import.meta.dirname, 'python-client.py');
  const { COINBASE_API_KEY: _name, COINBASE_API_SECRET: _secret, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    python ?? '',
    [script, url, `http://127.0.0.1:${exchange.port}`, String(frames), ...channels],
    {
      timeout: 30_000,
      env:
        key === undefined
          ? env
          : { ...env, COINBASE_API_KEY: key.json.name, COINBASE_API_SECRET: key.json.privateKey },
    },
  );
  return JSON.parse(stdout) as Seen;
}

/** What the exchange heard on each connection: `channel token refusal`. */
const heard = (): string[][] =>
  exchange.ledger.connections.map(({ received }) =>
    received.map(({ text, token, refusal }) => {
      const { channel } = JSON.parse(text) as { channel: string };
      return [channel, token, refusal].filter((part) => part !== undefined).join(' ');
    }),
  );

const isContiguous = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => number === index);

test('signs every message, reads every public channel and its orders, and dials again after an error close', async () => {
  const both = PRODUCTS.join();
  const channels = ['ticker', 'level2', 'market_trades', 'ticker_batch', 'candles', 'status', 'user'];
  const wanted = [...channels.map((channel) => `${channel}:${both}`), 'heartbeats'];
  const seen = await run(exchange.url, 60, wanted, exchange.keys[0]);
  expect(seen.errors).toEqual([]);
  expect(seen.kinds).toEqual(
    expect.arrayContaining([
      'candles snapshot',
      'l2_data snapshot',
      'l2_data update',
      'market_trades snapshot',
      'status snapshot',
      'subscriptions',
      'ticker snapshot',
      'ticker update',
      'ticker_batch snapshot',
      'user snapshot',
    ]),
  );
  expect(seen.numbers.map(isContiguous)).toEqual([true, true]);
  expect(seen.books).toEqual({ 'BTC-USD': true, 'ETH-USD': true });
  expect(seen.closes).toEqual([4000, 1001]);
  // As its source has it: what has no products is not subscribed again.
  const again = channels.map((channel) => `${channel} ok`);
  expect(heard()).toEqual([[...again, 'heartbeats ok'], again]);
  const nonces = exchange.ledger.connections.flatMap(({ received }) => received.map(({ nonce }) => nonce));
  expect(new Set(nonces).size).toBe(15);
});

test('an Ed25519 key on the user endpoint', async () => {
  const wanted = ['heartbeats', `user:${PRODUCTS.join()}`, 'futures_balance_summary'];
  const seen = await run(exchange.userUrl, 8, wanted, exchange.keys[1]);
  expect(seen.errors).toEqual([]);
  expect(seen.kinds).toEqual(
    expect.arrayContaining([
      'futures_balance_summary snapshot',
      'heartbeats',
      'user snapshot',
      'user update',
    ]),
  );
  expect(heard()).toEqual([['heartbeats ok', 'user ok', 'futures_balance_summary ok'], ['user ok']]);
});

test('without a key public channels work, and private ones are refused with the real text', async () => {
  const seen = await run(exchange.url, 60, ['level2:BTC-USD', 'user:BTC-USD']);
  expect(seen.errors).toEqual(['authentication failure', 'authentication failure']);
  expect(seen.books).toEqual({ 'BTC-USD': true });
  expect(heard()).toEqual(Array.from({ length: 2 }, () => ['level2', 'user authentication failure']));
});

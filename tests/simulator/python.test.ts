import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTokenSource, readKey } from '@feedtape/auth';
import { startExchange } from '@feedtape/simulator';
import { expect, test } from 'vitest';

// The official Python SDK stands on the `websockets` package. Where a Python has that, it is tried.

const python = ['python3', '/usr/bin/python3'].find(
  (each) => spawnSync(each, ['-c', 'import websockets']).status === 0,
);
test('a Python client on websockets connects, signs in, subscribes, and sees a close it asked for', async ({
  skip,
}) => {
  skip(python === undefined, 'no python3 here has the websockets package');
  await using exchange = await startExchange({ seed: 3, products: ['BTC-USD'], depth: 20_000 });
  const token = createTokenSource(readKey({ json: JSON.stringify(exchange.keys[0]?.json) }));
  const script = join(import.meta.dirname, 'python-client.py');
  const { stdout } = await promisify(execFile)(
    python ?? '',
    [script, exchange.url, String(exchange.port), await token(), await token()],
    { timeout: 20_000 },
  );
  const { kinds, numbers, code } = JSON.parse(stdout) as {
    kinds: string[];
    numbers: number[];
    code: number;
  };
  expect(kinds).toEqual([
    'l2_data snapshot',
    'l2_data update',
    'subscriptions',
    'ticker snapshot',
    'ticker update',
  ]);
  expect(numbers).toEqual([...numbers.keys()]);
  expect(code).toBe(1001);
  expect(exchange.ledger.connections[0]?.received.map(({ token: judged }) => judged)).toEqual(['ok', 'ok']);
});

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('decode-a-frame prints what the README of the protocol package says', () => {
  const program = join(import.meta.dirname, '../src/decode-a-frame.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@feedtape/source', program], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toBe(`{"type":"subscribe","channel":"market_trades","product_ids":["BTC-USD"]}
{
  channel: 'market_trades',
  sequence: 22,
  productId: 'BTC-USD',
  eventType: 'update'
}
BTC-USD 83277.26: the aggressor did BUY
`);
});

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('exchange-in-a-test loses one frame and finds it in the ledger', () => {
  const program = join(import.meta.dirname, '../src/exchange-in-a-test.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@feedtape/source', program], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lost = /the ledger says that (\d+) was lost/.exec(stdout)?.[1];
  const received = /received ([\d ]+)/.exec(stdout)?.[1]?.split(' ') ?? [];
  // On a busy machine more than the six it waits for may come at once.
  expect(received.length).toBeGreaterThanOrEqual(6);
  const sent = Array.from({ length: received.length + 1 }, (_, number) => String(number));
  expect(received).toEqual(sent.filter((number) => number !== lost));
});

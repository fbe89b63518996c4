import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

function output(name: string): string {
  const program = join(import.meta.dirname, '../src', name);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@feedtape/source', program], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

test('live-feed loses a frame and sees both books repaired without a reconnect', () => {
  expect(output('live-feed.ts').split('\n')).toEqual([
    'lost: 1 frame',
    'stale: BTC-USD, ETH-USD',
    'right again: BTC-USD',
    'right again: ETH-USD',
    'missing: 1, reconnects: 0',
    '',
  ]);
});

test('live-books shows a book that can be trusted', () => {
  expect(output('live-books.ts')).toMatch(/^BTC-USD \d+(\.\d+)? \d+(\.\d+)?\n$/);
});

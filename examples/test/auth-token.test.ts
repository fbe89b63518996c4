import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('auth-token reads a key file and makes a good token', () => {
  const program = join(import.meta.dirname, '../src/auth-token.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@feedtape/source', program], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^EdDSA cdp true\nexpires in 1\d\d s, objections: 0\n$/);
});

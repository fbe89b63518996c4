import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);

test('every test that SECURITY.md names for a promise exists', () => {
  const page = readFileSync(new URL('SECURITY.md', root), 'utf8');
  const named = [...page.matchAll(/`([\w./-]+\.test\.ts)`/gu)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
});

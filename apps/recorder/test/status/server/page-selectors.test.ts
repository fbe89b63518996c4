import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../../../page');
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

test('every element that a script of the page looks up by id is in the page', () => {
  const ids = new Set([...read('index.html').matchAll(/\bid="([^"]+)"/gu)].map(([, id]) => id));
  const missing = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .flatMap((path) =>
      [...read(path).matchAll(/(?:element|querySelector|explainEmpty)\(\s*'#([^' ]+)/gu)]
        .filter(([, id = '']) => !ids.has(id))
        .map(([, id]) => `${path}: #${id}`),
    );
  expect(missing).toEqual([]);
});

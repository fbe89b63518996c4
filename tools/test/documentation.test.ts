import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { files, read, root } from '../repository.ts';

const pages = files.filter((path) => path.endsWith('.md') && !path.startsWith('.changeset/'));

/** The lines of an example's region, without the indentation they share. */
function region(path: string, name: string | undefined): string {
  const text = read(path);
  if (name === undefined) return text.trimEnd();
  const all = text.split('\n');
  const from = all.findIndex((line) => line.trim() === `// #region ${name}`);
  const to = all.findIndex((line, index) => index > from && line.trim().startsWith('// #endregion'));
  if (from === -1 || to === -1) return `no region ${name} in ${path}`;
  const body = all.slice(from + 1, to);
  const indent = Math.min(
    ...body.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length),
  );
  return body
    .map((line) => line.slice(indent))
    .join('\n')
    .trimEnd();
}

const fence = /<!-- (examples\/[\w./-]+\.ts)(?:#([\w-]+))? -->\n+```ts\n([\s\S]*?)\n```/gu;

test('a program in the documentation is the program that the tests run', () => {
  const different = pages.flatMap((page) =>
    [...read(page).matchAll(fence)]
      .filter(([, path = '', name, body = '']) => body.trimEnd() !== region(path, name))
      .map(([, path, name]) => `${page}: ${path}#${name ?? ''}`),
  );
  expect(different).toEqual([]);
});

test('every relative link in the documentation leads somewhere', () => {
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)(?:#[^)\s]*)?\)/gu)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(root, normalize(join(dirname(page), target)))))
      .map((target) => `${page}: ${target}`),
  );
  expect(dead).toEqual([]);
});

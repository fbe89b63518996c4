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

test('ARCHITECTURE has a row for every folder of sources, and no other', () => {
  const wrong = [
    ...read('ARCHITECTURE.md').matchAll(/^### ((?:packages|apps)\/\w+)\n([\s\S]*?)(?=^##)/gmu),
  ].flatMap(([, folder = '', text = '']) => {
    const listed = [...text.matchAll(/^\| `(src\/[^`]*)` \|/gmu)].map(([, name = '']) => name);
    const present = files
      .filter((path) => path.startsWith(`${folder}/src/`) && path.endsWith('.ts'))
      .map((path) => `${dirname(path).slice(folder.length + 1)}/`);
    const rows = new Set(listed);
    return [
      ...listed.filter((name) => !present.includes(name)),
      // A package without folders needs no table, and a root with nothing but its entry needs no row.
      ...[...new Set(present)].filter(
        (name) => rows.size > 0 && name.split('/').length > 2 && !rows.has(name),
      ),
    ].map((name) => `${folder}/${name}`);
  });
  expect(wrong).toEqual([]);
});

test('every file that ARCHITECTURE names exists', () => {
  const missing = [...read('ARCHITECTURE.md').matchAll(/`((?:[\w-]+\/)+[\w-]+\.(?:ts|js))`/gu)]
    .map(([, name = '']) => name)
    .filter((name) => !files.some((path) => path.endsWith(`/${name}`) || path === name));
  expect(missing).toEqual([]);
});

import { expect, test } from 'vitest';
import { files, read } from '../repository.ts';

const sources = files.filter((path) => /^(?:packages\/[a-z]+|apps\/[a-z]+)\/src\/.*\.ts$/u.test(path));
const lines = (path: string): string[] => read(path).split('\n');

test('no source file is longer than 300 lines', () => {
  const long = sources
    .filter((path) => lines(path).length > 300)
    .map((path) => `${path}: ${lines(path).length}`);
  expect(long).toEqual([]);
});

test('no file is a drawer', () => {
  const drawers = sources.filter((path) =>
    /\/(?:utils?|helpers?|misc|common|types|constants|shared)\.ts$/u.test(path),
  );
  expect(drawers).toEqual([]);
});

test('an index is a table of contents: named exports and nothing else', () => {
  const wrong = sources
    .filter((path) => path.endsWith('/index.ts'))
    .filter((path) => /export \*/u.test(read(path)));
  expect(wrong).toEqual([]);
});

test('nothing is left for later in the sources', () => {
  const wrong = sources.filter((path) => /\b(?:TODO|FIXME|XXX|HACK)\b/u.test(read(path)));
  expect(wrong).toEqual([]);
});

test('no test is focused', () => {
  const tests = files.filter((path) => path.endsWith('.test.ts') && !path.startsWith('tools/'));
  const wrong = tests.filter((path) => /\b(?:it|test|describe)\.only\b/u.test(read(path)));
  expect(wrong).toEqual([]);
});

test('every package has a README, a licence field and a test folder', () => {
  const packages = [...new Set(sources.map((path) => path.split('/').slice(0, 2).join('/')))];
  const missing = packages.flatMap((folder) => [
    ...(files.includes(`${folder}/README.md`) ? [] : [`${folder}/README.md`]),
    ...(read(`${folder}/package.json`).includes('"license": "MIT"') ? [] : [`${folder}: licence`]),
    ...(files.some((path) => path.startsWith(`${folder}/test/`)) ? [] : [`${folder}/test`]),
  ]);
  expect(missing).toEqual([]);
});

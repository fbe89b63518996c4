import { expect, test } from 'vitest';
import { functionLines } from '../function-lines.ts';
import { files, read } from '../repository.ts';

const sources = files.filter((path) => /^(?:packages\/[a-z]+|apps\/[a-z]+)\/src\/.*\.ts$/u.test(path));
const lines = (path: string): string[] => read(path).split('\n');

/** The two limits of length; they stand nowhere else. */
const MOST = { fileLines: 300, functionLines: 60 };

/** To be split: the options of `record`, and one pass over one message. None may be added, and none may grow. */
const LONGER: Readonly<Record<string, number>> = {
  'apps/recorder/src/commands/record.ts': 84,
  'packages/protocol/src/fast-path/ticker.ts': 65,
};

test('no source file is too long', () => {
  const long = sources
    .filter((path) => lines(path).length > MOST.fileLines)
    .map((path) => `${path}: ${lines(path).length}`);
  expect(long).toEqual([]);
});

const programs = files.filter((path) => /^(?:scripts|tools)\/.*\.m?[jt]s$/u.test(path));

test('no function is too long, not counting the functions inside of it', () => {
  const long = [...sources, ...programs]
    .flatMap((path) =>
      functionLines(path).map((each) => ({ ...each, most: LONGER[path] ?? MOST.functionLines })),
    )
    .filter((each) => each.lines > each.most)
    .map(({ place, lines: count }) => `${place}: ${count}`);
  expect(long).toEqual([]);
});

test('a function counts without those inside of it', () => {
  const text = 'function outer() {\n  const inner = () => {\n    return 1;\n  };\n  return inner;\n}\n';
  expect(functionLines('some.ts', text).map(({ lines: count }) => count)).toEqual([3, 3]);
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

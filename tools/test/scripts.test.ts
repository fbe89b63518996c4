import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { files, read, root } from '../repository.ts';

interface Job {
  readonly tests?: readonly string[];
  readonly program?: string;
  readonly times?: number;
}

test('every nightly job names files that are there, and only those that count are told how often', async () => {
  const table = pathToFileURL(join(root, 'scripts/nightly-jobs.mjs')).href;
  const { jobs } = (await import(table)) as { readonly jobs: Readonly<Record<string, Job>> };
  for (const [name, { tests = [], program, times }] of Object.entries(jobs)) {
    const named = program === undefined ? tests : [program];
    const there = named.filter((path) => files.includes(path)).length;
    expect({ name, there: Math.max(there, 1) }).toEqual({ name, there: named.length });
    const counted = tests.some((path) => read(path).includes('// @module-tag seeded\n'));
    expect({ name, counted }).toEqual({ name, counted: times !== undefined });
  }
});

test('what reads FEEDTAPE_TIMES is tagged as seeded, and nothing else is', () => {
  const tests = files.filter((path) => path.endsWith('.test.ts') && !path.startsWith('tools/'));
  const wrong = tests.filter((path) => {
    const text = read(path);
    return text.includes('FEEDTAPE_TIMES') !== text.includes('// @module-tag seeded\n');
  });
  expect(wrong).toEqual([]);
});

test('no test takes its cases from the clock or from chance', () => {
  const tests = files.filter((path) => path.endsWith('.test.ts') && !path.startsWith('tools/'));
  const wrong = tests.filter((path) =>
    /Math\.random\(|\bseed\b.*Date\.now|Date\.now\(\) %/iu.test(read(path)),
  );
  expect(wrong).toEqual([]);
});

test('every random case is one of the fixed seed', async () => {
  const { readConfigureGlobal } = await import('fast-check');
  expect(readConfigureGlobal().seed).toBe(Number(process.env['FEEDTAPE_SEED']));
});

test('no dependency changes the types of the library', () => {
  // @ts-expect-error -- it may be undefined; the declarations of AssemblyScript's compiler say that it can't
  const first: number = [1].at(0);
  expect(first).toBe(1);
});

import { expect, test } from 'vitest';
import { files, read } from '../repository.ts';
import { jobs } from '../../scripts/nightly-jobs.mjs';

test('every nightly job names files that are there, and only those that count are told how often', () => {
  for (const [name, { tests = [], program, times }] of Object.entries(jobs)) {
    const named = program === undefined ? tests : [program];
    expect(named, name).not.toEqual([]);
    expect({ name, missing: named.filter((path) => !files.includes(path)) }).toEqual({ name, missing: [] });
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

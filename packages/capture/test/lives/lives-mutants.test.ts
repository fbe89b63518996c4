// @module-tag slow

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { livesMutants } from './lives-mutants.ts';

// What the lives are worth is what they notice by themselves: each mistake is planted in a copy of the package, and the
// lives of one seed, which finds nothing without it, must find something.

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));
const sourceOf = (file: string, root = packageFolder): string =>
  readFileSync(join(root, 'src', 'node', file), 'utf8');

test.for(livesMutants)('the table still fits the source: $mistake', ({ file, from }) => {
  expect(sourceOf(file).split(from).length).toBe(2);
});

/** A copy of the package, outside of the repository, which builds all packages that it finds. */
function copyOfThePackage(): string {
  const copy = mkdtempSync(join(tmpdir(), 'feedtape-lives-mutant-'));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  for (const part of ['src', 'test', 'package.json'])
    cpSync(join(packageFolder, part), join(copy, part), { recursive: true });
  symlinkSync(join(packageFolder, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** What the lives of some seeds find in a copy. */
function findings(copy: string, seed: number): string {
  const search = join(copy, 'test', 'lives', 'search.ts');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@feedtape/source', search, String(seed), '--alone'],
    { encoding: 'utf8' },
  );
  // A copy that does not run has found nothing.
  expect(stdout + stderr).toContain(' ms a life');
  return status === 0 ? '' : stdout;
}

const NIGHTLY = process.env['FEEDTAPE_NIGHTLY'] === '1';

test.skipIf(!NIGHTLY)(
  `the lives notice every mistake${NIGHTLY ? '' : ' (skipped: npm run nightly -- capture-lives-mutants)'}`,
  { timeout: 3_600_000 },
  () => {
    const copy = copyOfThePackage();
    const alarms = [...new Set(livesMutants.map(({ seed }) => seed))].filter(
      (seed) => findings(copy, seed) !== '',
    );
    expect(alarms).toEqual([]);
    const survivors: string[] = [];
    for (const { mistake, file, from, to, seed } of livesMutants) {
      const source = sourceOf(file, copy);
      writeFileSync(
        join(copy, 'src', 'node', file),
        source.replace(from, () => to),
      );
      if (findings(copy, seed) === '') survivors.push(`${mistake} (seed ${seed})`);
      writeFileSync(join(copy, 'src', 'node', file), source);
    }
    expect(survivors).toEqual([]);
  },
);

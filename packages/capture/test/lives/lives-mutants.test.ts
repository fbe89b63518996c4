// @module-tag slow

import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyPackage, survivorsAmong, testTable } from '../mutants/planted-mistakes.ts';
import { livesMutants } from './lives-mutants.ts';

// Each mistake is planted in a copy of the package. The lives of its seed find nothing without the mistake, and must
// find something with it.

testTable(livesMutants);

/** What the lives of a seed find in a copy of the package. */
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
    // Outside of the repository, which builds every package that it finds.
    const copy = copyPackage(tmpdir());
    const alarms = [...new Set(livesMutants.map(({ seed }) => seed))].filter(
      (seed) => findings(copy, seed) !== '',
    );
    expect(alarms).toEqual([]);
    expect(survivorsAmong(livesMutants, copy, ({ seed }) => findings(copy, seed) === '')).toEqual([]);
  },
);

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyPackage, packageFolder, survivorsAmong, testTable } from './planted-mistakes.ts';
import { readerMutants } from './reader-mutants.ts';
import { mutants as writerMutants } from './writer-mutants.ts';
import type { Mutant } from './writer-mutants.ts';

const mutants: readonly Mutant[] = [...writerMutants, ...readerMutants];
const root = join(packageFolder, '..', '..');

testTable(mutants);

test.for(mutants)('the named test exists: $mistake', ({ noticedBy: [file, name] }) => {
  expect(readFileSync(join(packageFolder, 'test', file), 'utf8')).toContain(name.split('%')[0]);
});

/** Whether the test that should notice the mistake still passes. */
function survives({ noticedBy: [file, name] }: Mutant, folder: string): boolean {
  const pattern = name.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
  const report = join(folder, 'report.json');
  const args = [
    'run',
    join(folder, 'test', file),
    '-t',
    pattern,
    '--reporter=json',
    `--outputFile=${report}`,
  ];
  spawnSync(join(root, 'node_modules', '.bin', 'vitest'), args, {
    cwd: root,
    env: { ...process.env, FEEDTAPE_NIGHTLY: '' },
  });
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<
    string,
    number
  >;
  expect((numPassedTests ?? 0) + (numFailedTests ?? 0)).toBeGreaterThan(0);
  return numFailedTests === 0;
}

const NIGHTLY = process.env['FEEDTAPE_NIGHTLY'] === '1';

test.skipIf(!NIGHTLY)(
  `the named test notices each mistake${NIGHTLY ? '' : ' (skipped: npm run nightly -- capture-mutants)'}`,
  { timeout: 3_600_000 },
  () => {
    // Beside the package, so that everything it imports is where it was.
    expect(survivorsAmong(mutants, copyPackage(join(packageFolder, '..')), survives)).toEqual([]);
  },
);

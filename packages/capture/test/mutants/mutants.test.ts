import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { readerMutants } from './reader-mutants.ts';
import { mutants as writerMutants } from './writer-mutants.ts';
import type { Mutant } from './writer-mutants.ts';

const mutants: readonly Mutant[] = [...writerMutants, ...readerMutants];
const packageFolder = fileURLToPath(new URL('../..', import.meta.url));
const root = join(packageFolder, '..', '..');
const sourceOf = ({ file }: Mutant): string => readFileSync(join(packageFolder, 'src', 'node', file), 'utf8');

test.for(mutants)('the table still fits the source: $mistake', (mutant) => {
  expect(sourceOf(mutant).split(mutant.from).length).toBe(2);
  const [file, name] = mutant.noticedBy;
  expect(readFileSync(join(packageFolder, 'test', file), 'utf8')).toContain(name.split('%')[0]);
});

/** A copy of the package, beside the real one so that everything it imports is where it was. */
function copyOfThePackage(): string {
  const copy = mkdtempSync(join(packageFolder, '..', 'capture-mutant-'));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  for (const part of ['src', 'test', 'package.json'])
    cpSync(join(packageFolder, part), join(copy, part), { recursive: true });
  symlinkSync(join(packageFolder, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

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
  `every mistake is noticed by the test it is said to be noticed by${NIGHTLY ? '' : ' (skipped: npm run nightly -- capture-mutants)'}`,
  { timeout: 3_600_000 },
  () => {
    const survivors: string[] = [];
    const copy = copyOfThePackage();
    for (const mutant of mutants) {
      const path = join(copy, 'src', 'node', mutant.file);
      const source = readFileSync(path, 'utf8');
      writeFileSync(path, source.replace(mutant.from, mutant.to));
      if (survives(mutant, copy)) survivors.push(mutant.mistake);
      writeFileSync(path, source);
    }
    expect(survivors).toEqual([]);
  },
);

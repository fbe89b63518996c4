import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

/** A mistake in the package: one replacement in one source file. */
export interface PlantedMistake {
  readonly mistake: string;
  /** Below src/node. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const packageFolder: string = fileURLToPath(new URL('../..', import.meta.url));

const sourcePath = (root: string, { file }: PlantedMistake): string => join(root, 'src', 'node', file);

/** Registers a test for each row of a table: its text occurs exactly once in the file that it names. */
export function testTable(mistakes: readonly PlantedMistake[]): void {
  test.for(mistakes)('the table matches the source: $mistake', (mistake) => {
    expect(readFileSync(sourcePath(packageFolder, mistake), 'utf8').split(mistake.from).length).toBe(2);
  });
}

/** Copies the package below `parent` until the end of the test. */
export function copyPackage(parent: string): string {
  const copy = mkdtempSync(join(parent, 'capture-mutant-'));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  for (const part of ['src', 'test', 'package.json'])
    cpSync(join(packageFolder, part), join(copy, part), { recursive: true });
  symlinkSync(join(packageFolder, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Plants each mistake in the copy, one after the other, and returns those that nothing noticed. */
export function survivorsAmong<M extends PlantedMistake>(
  mistakes: readonly M[],
  copy: string,
  survives: (mistake: M, copy: string) => boolean,
): readonly string[] {
  return mistakes.flatMap((mistake) => {
    const path = sourcePath(copy, mistake);
    const source = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      source.replace(mistake.from, () => mistake.to),
    );
    const survived = survives(mistake, copy);
    writeFileSync(path, source);
    return survived ? [mistake.mistake] : [];
  });
}

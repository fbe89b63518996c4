import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

test.for([
  ['judge-sequence.ts', 'packages/sequencer/README.md'],
  ['scopes.ts', 'docs/sequence-numbers.md'],
  ['reorder.ts', 'docs/sequence-numbers.md'],
  ['exact-book.ts', 'packages/book/README.md'],
] as const)('%s prints what %s says', ([program, readme]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@feedtape/source', join(root, 'examples/src', program)],
    { encoding: 'utf8' },
  );
  // The fence after the program's own.
  const [, , said] = readFileSync(join(root, readme), 'utf8')
    .split(`<!-- examples/src/${program}#`)[1]!
    .split('```\n');
  expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: said });
});

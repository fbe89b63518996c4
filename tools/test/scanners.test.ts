// @module-tag slow

import { expect, test } from 'vitest';
import { read } from '../repository.ts';
import { compileScanner, literals, LITERALS_FILE, scanners } from '../scanners/compile.ts';

test('the generated literals are those of the table', () => {
  expect(read(LITERALS_FILE), 'run `npm run scanners` to regenerate it').toBe(literals());
});

test.for(scanners)(
  'the scanner in $module is what $folder compiles to',
  { timeout: 60_000 },
  async (scanner) => {
    expect(read(scanner.module), 'run `npm run scanners` to regenerate it').toBe(
      await compileScanner(scanner),
    );
  },
);

import { expect, test } from 'vitest';
import { read } from '../repository.ts';
import { compileScanner, scanners } from '../scanners/compile.ts';

test.for(scanners)(
  'the scanner in $module is what $folder compiles to',
  { timeout: 60_000 },
  async (scanner) => {
    expect(read(scanner.module), 'run `npm run scanners`, which writes it anew').toBe(
      await compileScanner(scanner),
    );
  },
);

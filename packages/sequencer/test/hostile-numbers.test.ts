// @module-tag slow

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Accounting } from '@feedtape/sequencer';

interface Attack {
  readonly name: string;
  readonly nsEach: number;
  readonly open: number;
  readonly accounting: Accounting;
}

test(
  '10 million hostile numbers: bounded memory, no slow path, exact accounting',
  { timeout: 120_000 },
  () => {
    const program = join(import.meta.dirname, 'hostile-numbers.ts');
    const output = execFileSync(process.execPath, ['--conditions=@feedtape/source', program], {
      encoding: 'utf8',
    });
    const { grownBytes, results } = JSON.parse(output) as { grownBytes: number; results: Attack[] };

    expect(grownBytes).toBeLessThan(50_000_000);
    expect(results).toHaveLength(5);
    for (const { name, open, accounting, nsEach } of results) {
      const { received, accepted, duplicates, stale, invalid, missing, framesInGaps, late } = accounting;
      expect({ name, received }).toEqual({ name, received: 2_000_000 });
      expect(open).toBeLessThanOrEqual(4_096);
      expect(received).toBe(accepted + duplicates + stale + invalid);
      expect(missing).toBe(framesInGaps - late);
      // Looking through 4,096 gaps one by one, or moving them all, costs several times this.
      expect({ name, quick: nsEach < 5_000 }).toEqual({ name, quick: true });
    }
  },
);

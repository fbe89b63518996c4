import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Writes how many tests passed, failed and were skipped to the file that FEEDTAPE_TOTALS names,
 * for the one line that ends `npm test`. A file that can't even be imported counts as one failure.
 */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const path = process.env['FEEDTAPE_TOTALS'];
    if (path === undefined) return;
    const totals = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      let ran = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        ran += 1;
        if (state === 'passed') totals.passed += 1;
        else if (state === 'skipped') totals.skipped += 1;
        else totals.failed += 1;
      }
      if (module.state() === 'failed' && ran === 0) totals.failed += 1;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(totals));
  }
}

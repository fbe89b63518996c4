import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// From source by default; FEED_DIST=1 runs the same suite on what we publish.
const conditions = process.env['FEED_DIST'] === '1' ? [] : ['@feedtape/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: {
    resolve: {
      conditions: [...conditions, 'module', 'node', 'development|production'],
      externalConditions: conditions,
    },
  },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'tests/**/*.test.ts',
      'tools/test/**/*.test.ts',
      'examples/test/**/*.test.ts',
    ],
    // Most tests wait for timers and processes: a machine with two cores keeps up with four of them.
    maxWorkers: Math.max(4, availableParallelism()),
    // Halves each start of a program of ours; the workers of vitest start sooner too.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/feedtape/compiled', import.meta.url)),
    },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', './tools/totals-reporter.ts'],
    setupFiles: ['./tools/fail-on-console.ts'],
  },
});

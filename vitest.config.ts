import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { files, read } from './tools/repository.ts';

// From source by default; FEED_DIST=1 runs the same suite on what we publish.
const conditions = process.env['FEED_DIST'] === '1' ? [] : ['@feedtape/source'];

/**
 * `quick`: without the files that are tagged as slow, and without isolation. `long`: the seeded ones alone.
 * A filter of tags would load every file first.
 */
const which = process.env['FEEDTAPE_TESTS'];
const quick = which === 'quick';
const tagged = (tag: string): string[] =>
  files.filter((path) => path.endsWith('.test.ts') && read(path).includes(`// @module-tag ${tag}\n`));

const everything = [
  'packages/*/test/**/*.test.ts',
  'apps/*/test/**/*.test.ts',
  'tests/**/*.test.ts',
  'tools/test/**/*.test.ts',
  'examples/test/**/*.test.ts',
];

export default defineConfig({
  resolve: { conditions },
  ssr: {
    resolve: {
      conditions: [...conditions, 'module', 'node', 'development|production'],
      externalConditions: conditions,
    },
  },
  test: {
    include: which === 'long' ? tagged('seeded') : everything,
    exclude: [...configDefaults.exclude, ...(quick ? tagged('slow') : [])],
    isolate: !quick,
    tags: [
      { name: 'slow', description: 'Takes more than a second of a core, or waits for more than two.' },
      { name: 'seeded', description: 'Tries FEEDTAPE_TIMES times as many cases.' },
    ],
    // Most tests wait for timers and processes: a machine with two cores keeps up with four of them.
    maxWorkers: Math.max(4, availableParallelism()),
    env: {
      // Halves each start of a program of ours; the workers of vitest start sooner too.
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/feedtape/compiled', import.meta.url)),
      // Random cases are the same each time, unless somebody asks for others.
      FEEDTAPE_SEED: process.env['FEEDTAPE_SEED'] ?? '20261130',
    },
    // For what hangs: a busy machine may take a minute for what takes a second.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', './tools/totals-reporter.ts'],
    setupFiles: ['./tools/fail-on-console.ts', './tools/seed.ts'],
  },
});

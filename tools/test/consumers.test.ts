// @module-tag slow

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../repository.ts';

test.for([
  ['5.9', 'typescript-5'],
  ['6', 'typescript-6'],
  ['7', 'typescript'],
] as const)(
  'TypeScript %s compiles a program that uses the published types',
  { timeout: 120_000 },
  ([, name]) => {
    const compiler = join(root, 'tools/node_modules', name, 'bin/tsc');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [compiler, '-p', join(root, 'tools/consumers/tsconfig.json')],
      { encoding: 'utf8' },
    );
    expect({ status, output: stdout + stderr }).toEqual({ status: 0, output: '' });
  },
);

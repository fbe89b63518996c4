// @module-tag slow

import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { files, root } from '../repository.ts';

// The checks are checked: a copy of the repository with one thing wrong must fail the gate that watches for it.

let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'feedtape-gates-'));
  for (const path of files) {
    if (!existsSync(join(root, path))) continue;
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // A workspace's node_modules holds only relative links, which mean the same in the copy.
  for (const manifest of files.filter((path) => path !== 'package.json' && path.endsWith('/package.json'))) {
    const modules = join(dirname(manifest), 'node_modules');
    if (existsSync(join(root, modules)))
      cpSync(join(root, modules), join(copy, modules), { recursive: true, verbatimSymlinks: true });
  }
  execFileSync('git', ['init', '-q'], { cwd: copy });
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

function gate(command: string, args: readonly string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules', '.bin', command), args, {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, DO_NOT_TRACK: '1', TURBO_TELEMETRY_DISABLED: '1' },
  });
  return { code: status, output: `${stdout}${stderr}` };
}

function withFile<T>(path: string, text: string, look: () => T): T {
  const full = join(copy, path);
  writeFileSync(full, text);
  try {
    return look();
  } finally {
    rmSync(full);
  }
}

test('a wrong arrow fails: book importing client', () => {
  const { code, output } = withFile(
    'packages/book/src/wrong-arrow.ts',
    "import { openFeed } from '@feedtape/client';\n\nexport const wrong: unknown = openFeed;\n",
    () => gate('turbo', ['boundaries']),
  );
  expect(output).toContain('wrong-arrow.ts');
  expect(code).not.toBe(0);
});

test('an unused export fails', () => {
  appendFileSync(join(copy, 'packages/book/src/index.ts'), "\nexport { leftover } from './left-over.ts';\n");
  const { code, output } = withFile(
    'packages/book/src/left-over.ts',
    'export const leftover = 1;\nexport const nobodyWantsThis = 2;\n',
    () => gate('knip', ['--no-progress']),
  );
  expect(output).toContain('nobodyWantsThis');
  expect(code).not.toBe(0);
});

test('a floating promise fails', { timeout: 120_000 }, () => {
  const { code, output } = withFile(
    'packages/book/src/floating.ts',
    'const later = async (): Promise<number> => 1;\n\nexport function forget(): void {\n  later();\n}\n',
    () => gate('oxlint', ['--type-aware', '--deny-warnings', 'packages/book/src']),
  );
  expect(output).toContain('no-floating-promises');
  expect(code).not.toBe(0);
});

test('a type error fails', () => {
  const { code, output } = withFile(
    'packages/book/src/mistyped.ts',
    "export const price: number = '83277.25';\n",
    () => gate('tsc', ['-p', 'packages/book/tsconfig.json', '--noEmit']),
  );
  expect(output).toContain('TS2322');
  expect(code).not.toBe(0);
});

test('a clock in a pure package fails', () => {
  const { code, output } = withFile(
    'packages/sequencer/src/clocked.ts',
    'setTimeout(() => undefined, 1);\n',
    () => gate('tsc', ['-p', 'packages/sequencer/tsconfig.json', '--noEmit']),
  );
  expect(output).toContain('setTimeout');
  expect(code).not.toBe(0);
});

// @module-tag slow

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Mutant, mutants } from './mutants.ts';

// Tests that cannot fail prove nothing. Each mistake is planted in a copy of its package, all copies run their
// example tests in one process, and the test that is there for the mistake must be among those that fail.

const root = fileURLToPath(new URL('../../', import.meta.url));
const packages = ['sequencer', 'book', 'client'] as const;
/** Those that run in milliseconds; laws and long runs would catch most mutants too. */
const fastTests =
  '*/test/**/{sequencer,streams,reorder-window,book,subscriptions,retry-policy,reconnect,delivery-queue,peers,subscription-state.table,delivery-queue.table,auth-backoff.table,level2-limit.table,run-to-completion.table}.test.ts';

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

let folder: string;
let report: Report;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'feedtape-mutants-'));
  for (const name of packages) copyPackage(name, `${name}-unchanged`);
  for (const [index, mutant] of mutants.entries())
    plant(mutant, copyPackage(mutant.package, copyName(index)));
  const conditions = ['@feedtape/source', 'module', 'node', 'development|production'];
  const config = {
    resolve: { conditions: ['@feedtape/source'] },
    ssr: { resolve: { conditions, externalConditions: ['@feedtape/source'] } },
    // Nothing is shared between copies, so that they need no isolation, which is most of the time.
    test: { include: [fastTests], isolate: false },
  };
  writeFileSync(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(config)};`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const output = join(folder, 'report.json');
  const { stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', '--root', folder, '--reporter=json', '--outputFile', output],
    {
      encoding: 'utf8',
      cwd: folder,
      timeout: 570_000,
      killSignal: 'SIGKILL',
      env: { ...process.env, FEED_DIST: '' },
    },
  );
  try {
    report = JSON.parse(readFileSync(output, 'utf8')) as Report;
  } catch (error) {
    throw new Error(`vitest left no report:\n${stderr}`, { cause: error });
  }
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const copyName = (index: number): string => `mutant-${String(index).padStart(2, '0')}`;

function copyPackage(name: string, copy: string): string {
  const [from, to] = [join(root, 'packages', name), join(folder, copy)];
  mkdirSync(to);
  for (const part of ['src', 'test', 'package.json'])
    cpSync(join(from, part), join(to, part), { recursive: true });
  symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'));
  return to;
}

function plant({ mistake, file, replace, by }: Mutant, copy: string): void {
  const path = join(copy, 'src', file);
  const pieces = readFileSync(path, 'utf8').split(replace);
  if (pieces.length !== 2) throw new Error(`"${mistake}": ${file} has ${pieces.length - 1} times ${replace}`);
  writeFileSync(path, pieces.join(by));
}

/** Titles of the failed tests in a copy; the message of a file that did not even load. */
const failuresIn = (copy: string): string[] =>
  report.testResults
    .filter(({ name }) => name.includes(`/${copy}/`))
    .flatMap(({ message, assertionResults }) =>
      assertionResults.length === 0
        ? [message]
        : assertionResults.filter(({ status }) => status === 'failed').map(({ title }) => title),
    );

test('unchanged, the copies pass', () => {
  const files = report.testResults.filter(({ name }) => name.includes('-unchanged/'));
  expect(files).toHaveLength(15);
  expect(packages.flatMap((name) => failuresIn(`${name}-unchanged`))).toEqual([]);
});

test.for(mutants.map((mutant, index) => [mutant.mistake, mutant.caughtBy, copyName(index)] as const))(
  'the mistake "%s" is caught by "%s"',
  ([, caughtBy, copy]) => {
    expect(failuresIn(copy)).toContain(caughtBy);
  },
);

// @module-tag slow

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { files, root } from '../repository.ts';

const folders = files
  .filter((path) => /^(?:packages|apps)\/[a-z]+\/package\.json$/u.test(path))
  .map((path) => path.replace('/package.json', ''));

let destination: string;

beforeAll(() => {
  destination = mkdtempSync(join(tmpdir(), 'feedtape-pack-'));
});

afterAll(() => rmSync(destination, { recursive: true, force: true }));

function pack(folder: string): Uint8Array<ArrayBuffer> {
  const target = join(destination, folder.replace('/', '-'));
  execFileSync('pnpm', ['pack', '--pack-destination', target], { cwd: join(root, folder), stdio: 'pipe' });
  const [tarball = ''] = readdirSync(target);
  return new Uint8Array(readFileSync(join(target, tarball)));
}

test.for(folders)(
  '%s is a sound package: entry points, types and files',
  { timeout: 120_000 },
  async (folder) => {
    const tarball = pack(folder);
    const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);

    const analysis = await checkPackage(createPackageFromTarballData(tarball));
    // ESM only, on purpose: resolution from CommonJS is expected to end in a module that must be imported.
    const expected = new Set(['CJSResolvesToESM', 'NoResolution']);
    const problems = 'problems' in analysis ? analysis.problems : [];
    const unexpected = problems.filter(
      (problem) =>
        !expected.has(problem.kind) ||
        ('resolutionKind' in problem &&
          problem.kind === 'NoResolution' &&
          problem.resolutionKind !== 'node10'),
    );
    expect(unexpected).toEqual([]);
  },
);

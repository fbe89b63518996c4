import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseRecord } from '@feedtape/capture';
import { temporaryFolder } from '../capture-files.ts';

const page = readFileSync(new URL('../../../../docs/capture-format.md', import.meta.url), 'utf8');
const golden = new URL('../golden/version-1.ndjson', import.meta.url).pathname;

const fence = (language: string): string => page.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? '';

test('the records that the page shows are records', () => {
  const lines = fence('').trim().split('\n');
  const full = lines.map((line) =>
    line
      .replaceAll('"at":"…"', '"at":"2026-11-22T05:54:12.123456789Z"')
      .replaceAll(/"([0-9a-f]{8})…"/gu, `"${'$1'.repeat(8)}"`),
  );
  expect(full.map((line) => parseRecord(line, { strict: true }).kind)).toEqual(lines.map(() => 'record'));
});

const noPython = spawnSync('python3', ['--version']).status === 0 ? undefined : 'there is no python3';

test.skipIf(noPython !== undefined)(
  `the Python program of the page reads a capture and checks its hashes${noPython === undefined ? '' : ` (skipped: ${noPython})`}`,
  () => {
    const program = join(temporaryFolder(), 'read.py');
    writeFileSync(program, fence('python'));
    const lengths = readFileSync(golden, 'utf8')
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{"kind":"frame"')).length;
    const printed = execFileSync('python3', [program, golden]).toString().trim().split('\n');
    expect(printed.length).toBe(lengths);
    expect(printed[1]).toBe('0 1 2026-11-22T05:54:12.123459790Z 23');
    const broken = join(temporaryFolder(), 'broken.ndjson');
    writeFileSync(broken, readFileSync(golden, 'utf8').replace('heartbeats', 'heartbeatz'));
    expect(spawnSync('python3', [program, broken]).status).not.toBe(0);
  },
);

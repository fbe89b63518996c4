import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const packageFolder = join(import.meta.dirname, '..');
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/gu;

/** Every file that an entry reaches, and everything it imports that is no file of its own. */
function reach(entry: string): { readonly files: string[]; readonly foreign: string[] } {
  const files: string[] = [];
  const foreign: string[] = [];
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.includes(file)) continue;
    files.push(file);
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      if (specifier.startsWith('.')) waiting.push(resolve(dirname(file), specifier));
      else foreign.push(`${file}: ${specifier}`);
    }
  }
  return { files, foreign };
}

const entries = ['src/index.ts', 'dist/index.js'].filter((entry) => existsSync(join(packageFolder, entry)));

test.for(entries)('nothing that %s reaches imports anything of a host', (entry) => {
  const { files, foreign } = reach(join(packageFolder, entry));
  expect(files.length).toBeGreaterThan(5);
  expect(foreign).toEqual([]);
});

test('the core decodes a capture in chunks without Buffer and process', () => {
  const fixture = readFileSync(join(packageFolder, '../../examples/fixtures/btc-eth.ndjson'));
  const program = `
    const bytes = Uint8Array.from(atob(${JSON.stringify(fixture.toString('base64'))}), (c) => c.charCodeAt(0));
    const print = console.log;
    globalThis.Buffer = undefined;
    globalThis.process = undefined;
    const { createRecordDecoder, frameBytes } = await import('@feedtape/capture');
    const decoder = createRecordDecoder();
    let total = 0;
    for (let from = 0; from < bytes.length; from += 1000) {
      decoder.push(bytes.subarray(from, from + 1000));
      for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) {
        if (line.record?.kind === 'frame') total += frameBytes(line.record).length;
      }
    }
    print(total);
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@feedtape/source', '--input-type=module', '--eval', program],
    { encoding: 'utf8', cwd: import.meta.dirname },
  );
  expect({ stdout, stderr }).toEqual({ stdout: '21347\n', stderr: '' });
});

import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './capture-files.ts';

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

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const skipped = existsSync(CHROMIUM) ? '' : ` (skipped: no Chromium at ${CHROMIUM})`;

const page = `<!doctype html><title>capture</title><pre></pre><script type="module">
  import { createRecordDecoder, frameBytes } from '/src/index.ts';
  const decoder = createRecordDecoder();
  const response = await fetch('/fixture');
  let frames = 0;
  let total = 0;
  for await (const chunk of response.body) {
    decoder.push(chunk);
    for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) {
      if (line.kind === 'corrupt') throw new Error(line.reason);
      if (line.record?.kind !== 'frame') continue;
      frames += 1;
      total += frameBytes(line.record).length;
    }
  }
  document.querySelector('pre').textContent = frames + ' frames, ' + total + ' bytes';
</script>`;

/** Serves the page, the sources as JavaScript, and a capture, on loopback. */
async function serve(): Promise<string> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/') response.setHeader('content-type', 'text/html').end(page);
    else if (path === '/fixture')
      response.end(readFileSync(join(packageFolder, '../../examples/fixtures/btc-eth.ndjson')));
    else if (/^\/src\/[a-z0-9/-]+\.ts$/u.test(path)) {
      const source = readFileSync(join(packageFolder, path), 'utf8');
      response.setHeader('content-type', 'text/javascript').end(stripTypeScriptTypes(source));
    } else response.writeHead(404).end();
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test.skipIf(skipped !== '')(
  `a page in Chromium reads a capture as it arrives${skipped}`,
  { timeout: 120_000 },
  async () => {
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    const profile = `--user-data-dir=${temporaryFolder()}`;
    const { stdout } = await promisify(execFile)(CHROMIUM, [
      ...flags,
      profile,
      '--timeout=60000',
      '--virtual-time-budget=10000',
      '--dump-dom',
      await serve(),
    ]);
    expect(stdout).toContain('<pre>21 frames, 21347 bytes</pre>');
  },
);

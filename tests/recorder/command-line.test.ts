// @module-tag slow

import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { capturedFrames } from './captured-frames.ts';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

test.for([
  ['an unknown command', ['recrod'], /unknown command 'recrod'[\s\S]*Did you mean record\?/u],
  [
    'an unknown option',
    ['record', '--simulte'],
    /unknown option '--simulte'[\s\S]*Did you mean --simulate\?/u,
  ],
  [
    'an unknown channel',
    ['record', '-p', 'BTC-USD', '-c', 'heartbeat'],
    /"heartbeat" is not a channel\. Did you mean heartbeats\?/u,
  ],
  [
    'a malformed product id',
    ['record', '-p', 'btc/usd'],
    /"btc\/usd" is not a product id\. Did you mean BTC-USD\?/u,
  ],
  [
    'a duration without a unit',
    ['record', '--simulate', '--duration', '10'],
    /"10" is not a duration; write for example 10s/u,
  ],
  ['a size that is none', ['record', '--simulate', '--rotate-size', 'big'], /"big" is not a size/u],
  [
    'an address that is none',
    ['record', '-p', 'BTC-USD', '--url', 'localhost:80'],
    /"localhost:80" is not a WebSocket address/u,
  ],
  ['a port that there is not', ['replay', 'captures', '--port', '65536'], /"65536" is not a port/u],
  [
    'a depth too small for a book',
    ['simulate', '--depth', '1'],
    /depth must be a whole number from 2 to 45000/u,
  ],
  [
    'a depth beyond the deepest book',
    ['simulate', '--depth', '45001'],
    /depth must be a whole number from 2 to 45000/u,
  ],
  ['a time that is none', ['cat', 'nowhere', '--from', 'yesterday'], /not RFC 3339 in UTC: "yesterday"/u],
  ['no product for a live feed', ['record'], /--product/u],
  ['a private channel without a key', ['record', '-c', 'user'], /--include-private, and --key-file/u],
  [
    'a private channel that is meant, without a key',
    ['record', '-c', 'user', '--include-private'],
    /the channel user needs a key\n.*Add --key-file/u,
  ],
] as const)('%s is refused with exit code 64 and a way out', async ([, args, message]) => {
  const { code, stdout, stderr } = await feedtape(args);
  expect(stderr).toMatch(message);
  expect(stdout.toString()).toBe('');
  expect(code).toBe(64);
});

test('a recording that never reached its server reports it and exits with 69', async () => {
  const folder = temporaryFolder();
  const args = ['record', '-p', 'BTC-USD', '--url', 'ws://127.0.0.1:9', '--out', folder, '--duration', '1s'];
  const { code, stdout, stderr } = await feedtape(args);
  expect(stdout.toString()).toMatch(/^Recorded 0 frames/u);
  expect(stdout.toString()).not.toContain('Next:');
  expect(stderr).toContain('ws://127.0.0.1:9 was never reached');
  expect(code).toBe(69);
});

test('help and version go to standard output and exit with 0', async () => {
  const help = await feedtape(['--help']);
  expect(help.stdout.toString()).toContain('record');
  expect(help.stdout.toString()).toContain('Exit codes');
  expect(help.code).toBe(0);
  const version = await feedtape(['--version']);
  expect(version.stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/u);
  expect(version.code).toBe(0);
});

test('the simulator is recorded, verified and inspected, each with one JSON object last on standard output', async () => {
  const folder = temporaryFolder();
  const recorded = await feedtape(['record', '--simulate', '--duration', '2s', '--out', folder, '--json']);
  expect(recorded.code).toBe(0);
  const summary = recorded.json();
  expect(summary).toMatchObject({ path: folder, connections: 1, gaps: 0, missing: 0, duplicates: 0 });
  expect(summary['frames']).toBeGreaterThan(10);

  const verified = await feedtape(['verify', folder, '--json']);
  expect(verified.json()).toMatchObject({
    ok: true,
    frames: summary['frames'],
    connections: 1,
    gaps: 0,
    missing: 0,
    duplicates: 0,
  });
  expect(verified.code).toBe(0);

  const inspected = await feedtape(['inspect', folder, '--json']);
  expect(inspected.json()).toMatchObject({
    frames: summary['frames'],
    connections: 1,
    gaps: 0,
    missing: 0,
    duplicates: 0,
  });
  expect(inspected.code).toBe(0);
});

test('an output folder that cannot be made is exit code 74 before anything connects', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, 'not a folder');
  const { code, stderr } = await feedtape([
    'record',
    '-p',
    'BTC-USD',
    '--url',
    `ws://127.0.0.1:${port}`,
    '--out',
    join(file, 'captures'),
  ]);
  server.close();
  expect(stderr).toContain(file);
  expect(code).toBe(74);
  expect(connections).toBe(0);
});

test('a folder that may not be written is exit code 74', async ({ skip }) => {
  skip(process.getuid?.() === 0, 'root may write everywhere');
  const folder = join(temporaryFolder(), 'read-only');
  mkdirSync(folder);
  chmodSync(folder, 0o500);
  const { code, stderr } = await feedtape(['record', '--simulate', '--duration', '1s', '--out', folder]);
  expect(stderr).toContain(folder);
  expect(code).toBe(74);
});

test('no server at the address: retries are shown, and Ctrl-C ends it with a sealed capture', async () => {
  const folder = temporaryFolder();
  const running = start(['record', '-p', 'BTC-USD', '--url', 'ws://127.0.0.1:9', '--out', folder, '--json']);
  await running.says(/ECONNREFUSED[\s\S]*reconnecting in/u);
  running.child.kill('SIGINT');
  const { code, json } = await running.finished;
  expect(code).toBe(0);
  expect(json()).toMatchObject({ frames: 0, path: folder });
  expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
  expect((await feedtape(['verify', folder, '--json'])).code).toBe(0);
});

// Node's recursive mkdir never comes back here; found on 2026-11-23.
test('a folder that the kernel will not make is exit code 74, not a hang', async () => {
  const { code, stderr } = await feedtape([
    'record',
    '--simulate',
    '--duration',
    '1s',
    '--out',
    '/proc/feedtape/captures',
  ]);
  expect(stderr).toContain('/proc/feedtape');
  expect(code).toBe(74);
});

test('frames can be listed as JSON with their place, exactly', async () => {
  const texts = ['{"channel":"ticker","sequence_num":0}', '\u{FEFF}not JSON\n', '\u0000'];
  const capture = await capturedFrames([...texts, Buffer.from([0xff, 0x00])]);
  const { code, stdout } = await feedtape(['cat', capture, '--json']);
  const lines = stdout.toString().trim().split('\n');
  const listed = lines.map((line) => JSON.parse(line) as { index: number; text?: string; base64?: string });
  expect(listed.map(({ index, text, base64 }) => [index, text ?? base64])).toEqual([
    ...texts.map((text, index) => [index, text]),
    [3, '/wA='],
  ]);
  expect(code).toBe(0);
});

test('an unknown option of jwt is named beside those there are, and numbers are written in digits', async () => {
  const { code, stderr } = await feedtape(['jwt', '--key-fiel', 'x']);
  expect(stderr).toMatch(/no option --key-fiel; there are --key-file/u);
  expect(code).toBe(64);
  for (const frames of ['1e3', '0x10', '+5', '1.0'])
    expect([frames, (await feedtape(['record', '--simulate', '--frames', frames])).code]).toEqual([
      frames,
      64,
    ]);
});

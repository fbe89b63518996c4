// @module-tag slow

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { feedtape, programArguments, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const names = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.includes('.ndjson') && !name.startsWith('manifest'));

/** The promise is two seconds from the signal to the end. */
const PROMISED_MS = 2000;

// On a machine that does something else meanwhile a second try is allowed, a second failure is one.
test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s under load seals the capture and exits with 0 within two seconds',
  { retry: 1 },
  async (signal) => {
    const folder = temporaryFolder();
    const exchange = start(['simulate', '--speed', '20', '--json']);
    onTestFinished(() => void exchange.child.kill('SIGKILL'));
    const { url } = await exchange.firstJson();
    const running = start([
      'record',
      '-p',
      'BTC-USD,ETH-USD,SOL-USD',
      '--url',
      String(url),
      '--out',
      folder,
      '--json',
    ]);
    await running.says(/recording 2s/u);
    const asked = performance.now();
    running.child.kill(signal);
    const { code, json } = await running.finished;
    expect(performance.now() - asked).toBeLessThan(PROMISED_MS);
    expect(code).toBe(0);
    expect(json()['frames']).toBeGreaterThan(500);
    expect(names(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
    expect((await feedtape(['verify', folder, '--json'])).json()).toMatchObject({
      ok: true,
      frames: json()['frames'],
      missing: 0,
    });
  },
);

/** Accepts a WebSocket and never says another word, not even goodbye. */
async function silentServer(): Promise<string> {
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', (request) => {
        const key = /sec-websocket-key: (\S+)/iu.exec(request.toString())?.[1] ?? '';
        const accept = createHash('sha1')
          .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
          .digest('base64');
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
        );
        socket.pause();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a second signal ends it at once with 143 and leaves what repair can seal', async () => {
  const folder = temporaryFolder();
  const running = start(['record', '-p', 'BTC-USD', '--url', await silentServer(), '--out', folder]);
  await running.says(/recording 1s/u);
  running.child.kill('SIGTERM');
  // Later than the copies of one Ctrl-C, sooner than the patience with a server that does not say goodbye.
  await new Promise((resolve) => setTimeout(resolve, 250));
  running.child.kill('SIGTERM');
  expect((await running.finished).code).toBe(143);
  expect(names(folder).filter((name) => name.endsWith('.partial'))).toHaveLength(1);
  expect((await feedtape(['repair', folder])).code).toBe(0);
  expect((await feedtape(['verify', folder])).code).toBe(0);
});

test('the next run in the folder seals by itself what a killed one left', async () => {
  const folder = temporaryFolder();
  const killed = start(['record', '--simulate', '--out', folder]);
  await killed.says(/recording 1s/u);
  killed.child.kill('SIGKILL');
  await killed.finished;
  const next = await feedtape(['record', '--simulate', '--duration', '1s', '--out', folder, '--json']);
  expect(next.stderr).toMatch(/sealed \S+, which an earlier run left open/u);
  expect((await feedtape(['verify', folder, '--json'])).json()).toMatchObject({ ok: true, runs: 2 });
});

test('a closed standard error does not end the recording', async () => {
  const folder = temporaryFolder();
  const running = start(['record', '--simulate', '--duration', '3s', '--out', folder, '--json']);
  await running.says(/recording 1s/u);
  running.child.stderr?.destroy();
  const { code, json } = await running.finished;
  expect(code).toBe(0);
  expect(json()['elapsedMs']).toBeGreaterThanOrEqual(2_900);
  expect(names(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
});

test('a duration beyond the longest timer of Node does not end the recording at once', async () => {
  const { json, stderr } = await feedtape([
    'record',
    '--simulate',
    '--duration',
    '30d',
    '--frames',
    '5',
    '--out',
    temporaryFolder(),
    '--json',
  ]);
  expect(stderr).not.toContain('TimeoutOverflowWarning');
  expect(json()).toMatchObject({ frames: 5 });
});

test('Ctrl-C while the key is still being read ends it at once, with nothing recorded', async () => {
  const running = start(['record', '-p', 'BTC-USD', '--url', 'ws://127.0.0.1:9', '--key-file', '-'], {
    stdin: null,
  });
  await running.says(/reading the key/u);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(130);
});

/** Puts the lock of a recorder on another machine into a folder. */
function lockElsewhere(folder: string): void {
  const holder = { id: randomUUID(), host: 'elsewhere', pid: 1, started: null, namespace: null };
  writeFileSync(join(folder, 'writer.lock'), `${JSON.stringify(holder)}\n`);
}

test.for([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s while the lock of another machine is watched ends it at once with %i',
  async ([signal, exitCode]) => {
    const folder = temporaryFolder();
    lockElsewhere(folder);
    const running = start(['record', '--simulate', '--out', folder]);
    await running.says(/watching its lock/u);
    const asked = performance.now();
    running.child.kill(signal);
    expect((await running.finished).code).toBe(exitCode);
    expect(performance.now() - asked).toBeLessThan(PROMISED_MS);
    expect(readdirSync(folder)).toEqual(['writer.lock']);
  },
);

test('a repair that has to watch the lock of another machine says so before it does', async () => {
  const folder = temporaryFolder();
  lockElsewhere(folder);
  const running = start(['repair', folder]);
  await running.says(/process 1 on elsewhere may be recording here.*watching its lock/u);
  running.child.kill('SIGTERM');
  await running.finished;
  expect(readdirSync(folder)).toContain('writer.lock');
});

/** Starts a recording of two seconds and sends it SIGHUP in the middle. Returns its exit code and how long it took. */
async function hungUp(command: (record: string) => readonly [string, ...string[]]): Promise<{
  readonly code: number | null;
  readonly elapsedMs: number;
}> {
  const folder = temporaryFolder();
  const out = join(folder, 'captures');
  const summary = join(folder, 'summary');
  const record = ['record', '--simulate', '--duration', '2s', '--out', out, '--json'];
  const line = [process.execPath, ...programArguments(record)].map((word) => `'${word}'`).join(' ');
  const [program, ...args] = command(`${line} > ${summary} 2> /dev/null`);
  // A variable that is undefined is none.
  const env = { ...process.env, _: undefined, SHELL: '/bin/sh' };
  const child = spawn(program, args, { cwd: folder, env, stdio: 'ignore' });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const lock = join(out, 'writer.lock');
  await expect
    .poll(() => readdirSync(out).some((file) => file.endsWith('.partial')), { timeout: 20_000 })
    .toBe(true);
  process.kill((JSON.parse(readFileSync(lock, 'utf8')) as { pid: number }).pid, 'SIGHUP');
  const [code] = await ended;
  const { elapsedMs } = JSON.parse(readFileSync(summary, 'utf8')) as { elapsedMs: number };
  return { code, elapsedMs };
}

const WHOLE_MS = 1_900;

// None of these shells says in `_` what it runs, but for the first.
test.for([
  ['run by bash', (record) => ['bash', '-c', `nohup ${record}`]],
  ['with a script in between', (record) => ['nohup', 'bash', '-c', `${record}; exit $?`]],
  ['on a terminal', (record) => ['script', '-qec', `exec nohup ${record}`, '/dev/null']],
] as const satisfies readonly (readonly [string, (record: string) => readonly [string, ...string[]]])[])(
  'a recording under nohup, %s, outlives its terminal',
  async ([, command]) => {
    const { code, elapsedMs } = await hungUp(command);
    expect(code).toBe(0);
    expect(elapsedMs).toBeGreaterThanOrEqual(WHOLE_MS);
  },
);

test('a recording in a session of its own, but not under nohup, is sealed on SIGHUP', async () => {
  const { code, elapsedMs } = await hungUp((record) => ['setsid', '-w', 'sh', '-c', `exec ${record}`]);
  expect(code).toBe(0);
  expect(elapsedMs).toBeLessThan(WHOLE_MS);
});

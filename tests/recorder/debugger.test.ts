// @module-tag slow

import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { generateKey } from '@feedtape/auth';
import { expect, onTestFinished, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const noProc = !existsSync('/proc/self/net/tcp');

/** The ports on which a process listens, as the kernel has them. */
function listeningPorts(pid: number): readonly number[] {
  const descriptors = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
  const sockets = new Set(descriptors.flatMap((target) => /^socket:\[(\d+)\]$/u.exec(target)?.[1] ?? []));
  return ['tcp', 'tcp6']
    .filter((name) => existsSync(`/proc/${pid}/net/${name}`))
    .flatMap((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/u))
    .filter(([, , , state, , , , , , inode = '']) => state === '0A' && sockets.has(inode))
    .map(([, address = '']) => Number.parseInt(address.split(':')[1] ?? '', 16));
}

const keyFile = (): string => {
  const { key } = generateKey('ES256', { name: 'organizations/a/apiKeys/b' });
  const path = join(temporaryFolder(), 'cdp_api_key.json');
  const privateKey = key.privateKey.export({ format: 'pem', type: 'sec1' });
  writeFileSync(path, JSON.stringify({ name: key.name, privateKey }), { mode: 0o600 });
  return path;
};

const recordArguments = (): readonly string[] => [
  'record',
  '-p',
  'BTC-USD',
  '-c',
  'ticker',
  '--url',
  'ws://127.0.0.1:9',
  '--key-file',
  keyFile(),
  '--out',
  temporaryFolder(),
];

test('SIGUSR1 opens no debugger in a recorder that holds a key, and does not end it', async ({ skip }) => {
  skip(noProc, 'there is no /proc to look into');
  const running = start(recordArguments());
  onTestFinished(() => void running.child.kill('SIGKILL'));
  await running.says(/ECONNREFUSED/u);
  const pid = running.child.pid ?? 0;
  for (let count = 0; count < 3; count += 1) {
    running.child.kill('SIGUSR1');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(listeningPorts(pid)).toEqual([]);
  running.child.kill('SIGINT');
  const { stderr } = await running.finished;
  expect(stderr).not.toContain('Debugger listening');
});

test('SIGUSR1 opens no debugger in feedtape-jwt', async ({ skip }) => {
  skip(noProc, 'there is no /proc to look into');
  const program = fileURLToPath(new URL('../../packages/auth/bin/feedtape-jwt.js', import.meta.url));
  const child = spawn(process.execPath, [
    '--conditions=@feedtape/source',
    program,
    '--key-file',
    '-',
    '--key-name',
    'n',
  ]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  child.kill('SIGUSR1');
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(child.exitCode).toBeNull();
  expect(listeningPorts(child.pid ?? 0)).toEqual([]);
  expect(stderr).toBe('');
});

test('no key is read while a debugger listens: 77, and no token', async () => {
  const env = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };
  const recorded = await feedtape([...recordArguments(), '--duration', '1s'], { env });
  expect(recorded.stderr).toContain("Node's debugger listening");
  expect(recorded.code).toBe(77);
  const token = await feedtape(['jwt', '--key-file', keyFile()], { env });
  expect([token.code, token.stdout.toString()]).toEqual([77, '']);
});

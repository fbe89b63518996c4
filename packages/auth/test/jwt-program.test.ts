// @module-tag slow

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '@feedtape/auth';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { opensslVerifies, partsOf } from './openssl-verify.ts';
import { encodingsOf, leakFinder } from './secret-encodings.ts';

const program = join(import.meta.dirname, '../bin/feedtape-jwt.js');
const fromSource = process.env['FEED_DIST'] === '1' ? [] : ['--conditions=@feedtape/source'];

const { key, publicKey } = generateKey('ES256', { name: 'organizations/o/apiKeys/k' });
const pem = key.privateKey.export({ format: 'pem', type: 'sec1' }).toString();
const leaksIn = leakFinder(encodingsOf(key.privateKey), 12);
const environment = { COINBASE_API_KEY: key.name, COINBASE_API_SECRET: pem };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'feedtape-jwt-program-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;
function file(content: string): string {
  files += 1;
  const path = join(folder, `key-${files}`);
  writeFileSync(path, content, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  args: readonly string[],
  {
    env = {},
    input = '',
    node = [],
  }: { env?: Record<string, string>; input?: string; node?: readonly string[] } = {},
): Ran {
  const { error, status, stdout, stderr } = spawnSync(
    process.execPath,
    [...fromSource, ...node, program, ...args],
    {
      input,
      env: { PATH: process.env['PATH'], ...env },
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 ** 2,
    },
  );
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

test('the program prints the line for eval, and an exit code', () => {
  const { status, stdout, stderr } = run(['--key-file', file(pem), '--key-name', key.name]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(opensslVerifies(stdout.trimEnd().slice('export JWT='.length), publicKey)).toBe(true);
  expect(run(['--key-secret=x'])).toMatchObject({ status: 64, stdout: '' });
});

const hostileNames = [
  ';touch canary;',
  '$(touch canary)',
  '`touch canary`x',
  "x';touch canary;'",
  'x";touch canary;"',
  '&& touch canary #',
  '| touch canary',
  '> canary',
  'x\ntouch canary\n',
  'x\r\ntouch canary',
  'x\0touch canary',
  '../../canary',
  '-e touch canary',
];

for (const shell of ['bash', 'dash']) {
  test(`eval in ${shell} runs nothing of a hostile key name`, { timeout: 120_000 }, ({ skip }) => {
    skip(spawnSync(shell, ['-c', ':']).error !== undefined, `${shell} is not installed`);
    for (const name of hostileNames) {
      const path = file(JSON.stringify({ name, privateKey: pem }));
      const script = `eval "$("$@")"; printf %s "$JWT"`;
      const { stdout } = spawnSync(
        shell,
        ['-c', script, shell, process.execPath, ...fromSource, program, '--key-file', path],
        {
          cwd: folder,
          encoding: 'utf8',
          env: { PATH: process.env['PATH'] },
        },
      );
      expect({ name, ran: existsSync(join(folder, 'canary')) }).toEqual({ name, ran: false });
      // A name is either refused as a whole or carried verbatim.
      const carried = stdout === '' ? undefined : partsOf(stdout).header['kid'];
      expect(carried).toBe(/[\n\r\0]/.test(name) ? undefined : name);
    }
  });
}

test('neither output, debugging output nor a crash report contains the key', { timeout: 120_000 }, () => {
  const debug = { DEBUG: '*', NODE_DEBUG: 'tls,http,net,fs,stream,module' };
  const reports = ['--report-uncaught-exception', `--report-dir=${folder}`, '--report-compact'];
  const crash = ['--import', 'data:text/javascript,process.on("beforeExit",()=>{throw new Error("crash")})'];
  const damaged = pem.replace(/.{5}\n-----END/, '\n-----END');
  const runs = [
    run(['--key-file', file(pem), '--key-name', key.name], { env: debug }),
    run([], { env: { ...environment, ...debug } }),
    run(['--key-file', '-', '--key-name', key.name], { input: pem, env: debug }),
    run(['--key-file', file(damaged), '--key-name', key.name], { env: debug }),
    run(['--key-file', '-', '--key-name', key.name], { input: damaged, env: debug }),
    run([], { env: { ...environment, COINBASE_API_SECRET: damaged, ...debug } }),
    run([], { env: { COINBASE_API_KEY: pem, COINBASE_API_SECRET: key.name } }),
    run(['--key-file', pem]),
    run([], { env: environment, node: [...reports, ...crash] }),
    run(['--key-file', file(pem), '--key-name', key.name], { node: [...reports, ...crash] }),
  ];
  for (const { stdout, stderr } of runs) expect(leaksIn(stdout + stderr)).toEqual([]);

  const written = readdirSync(folder).filter((name) => name.startsWith('report.'));
  expect(written).toHaveLength(2);
  const tokens = runs.flatMap(({ stdout }) => stdout.match(/[\w-]+\.[\w-]+\.[\w-]+/g) ?? []);
  expect(tokens).toHaveLength(5);
  for (const name of written) {
    const report = readFileSync(join(folder, name), 'utf8');
    expect(report).toContain('"environmentVariables"');
    expect(leaksIn(report)).toEqual([]);
    for (const token of tokens) for (const part of token.split('.')) expect(report).not.toContain(part);
  }
  for (const { stderr } of runs) for (const token of tokens) expect(stderr).not.toContain(token);
});

test('no command line of the process holds the key', async ({ skip }) => {
  skip(!existsSync('/proc/self/cmdline'), 'there is no /proc to look into');
  const child = spawn(process.execPath, [...fromSource, program, '--key-file', '-', '--key-name', key.name]);
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.stdin.write(pem);
  const commandLine = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8');
  child.stdin.end();
  expect(await exited).toBe(0);
  expect(leaksIn(commandLine)).toEqual([]);
});

test('a full disk behind standard output ends with 74', ({ skip }) => {
  skip(!existsSync('/dev/full'), 'there is no /dev/full');
  const { status, stderr } = spawnSync(
    'sh',
    [
      '-c',
      '"$@" > /dev/full',
      'sh',
      process.execPath,
      ...fromSource,
      program,
      '--key-file',
      file(pem),
      '--key-name',
      'n',
    ],
    { encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 74, stderr: 'standard output: ENOSPC\n' });
});

test('an unsupported Node prints a sentence instead of a syntax error', () => {
  const old = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.20.2"}})';
  const { status, stdout, stderr } = run(['--help'], { node: ['--import', old] });
  expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
  expect(stderr).toContain('needs Node ^22.18');
});

// @module-tag slow

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { feedtape, programArguments } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const operations = new URL('../../apps/recorder/operations/', import.meta.url);
const unit = readFileSync(new URL('feedtape.service', operations), 'utf8');
const containerfile = readFileSync(new URL('Containerfile', operations), 'utf8');

/** The values of a setting, in order; a setting may come several times. */
const settings = (name: string): readonly string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gmu'))].map((match) => match[1] ?? '');

const noAnalyzer = spawnSync('systemd-analyze', ['--version']).error !== undefined;

test('the unit has every setting of the hardening that the service was designed with', () => {
  const wanted = {
    NoNewPrivileges: ['yes'],
    ProtectSystem: ['strict'],
    ReadWritePaths: ['/var/lib/feedtape'],
    LimitCORE: ['0'],
    UMask: ['0077'],
    MemoryMax: ['1G'],
    DynamicUser: ['yes'],
    StateDirectoryMode: ['0700'],
    CapabilityBoundingSet: [''],
    ProtectHome: ['yes'],
    PrivateTmp: ['yes'],
  };
  expect(Object.fromEntries(Object.keys(wanted).map((name) => [name, settings(name)]))).toEqual(wanted);
  // Not active by default: a credential that is missing would keep the service from starting.
  expect(unit).toMatch(/^#LoadCredential=cdp_api_key\.json:/mu);
  expect(unit).not.toMatch(/^(?:Environment|ExecStart)=.*(?:PRIVATE|SECRET)/mu);
});

test('systemd accepts the unit and finds it well confined', ({ skip }) => {
  skip(noAnalyzer, 'no systemd-analyze here');
  const path = join(temporaryFolder(), 'feedtape.service');
  // The only thing that this machine need not have is the installed program.
  writeFileSync(path, unit.replace('/usr/bin/feedtape', process.execPath));
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
  const complaints = verified.stderr.split('\n').filter((line) => line.includes('feedtape.service'));
  expect({ status: verified.status, complaints }).toEqual({ status: 0, complaints: [] });
  const security = ['security', '--offline=true', '--threshold=15', '--no-pager', path];
  const { status, stdout } = spawnSync('systemd-analyze', security, { encoding: 'utf8' });
  expect(stdout).toContain('Overall exposure level');
  expect(status).toBe(0);
});

/** The system calls of a group such as @system-service. */
function systemCalls(group: string): ReadonlySet<string> {
  const { stdout } = spawnSync('systemd-analyze', ['syscall-filter', group], { encoding: 'utf8' });
  const words = stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && line !== group);
  return new Set(words.flatMap((word) => (word.startsWith('@') ? [...systemCalls(word)] : [word])));
}

test('the recorder makes no system call that the unit forbids', async ({ skip }) => {
  skip(noAnalyzer, 'no systemd-analyze here');
  skip(spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0, 'no strace here that may trace');
  const folder = temporaryFolder();
  const log = join(folder, 'calls');
  const record = ['record', '--simulate', '--duration', '3s', '--out', join(folder, 'captures'), '--quiet'];
  const options = ['--listen', '127.0.0.1:0', '--compress', 'zstd', '--rotate-every', '1s'];
  const traced = ['-f', '-qq', '-o', log, process.execPath, ...programArguments([...record, ...options])];
  const { status, stderr } = spawnSync('strace', traced, { encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const used = new Set(
    [...readFileSync(log, 'utf8').matchAll(/^\d+ +([a-z]\w*)\(/gmu)].map((match) => match[1] ?? ''),
  );
  expect(used.size).toBeGreaterThan(30);

  const [allowed = '', forbidden = ''] = settings('SystemCallFilter');
  const allowedCalls = new Set(
    ['@default', ...allowed.split(' ')].flatMap((group) => [...systemCalls(group)]),
  );
  const forbiddenCalls = new Set(
    forbidden
      .replace('~', '')
      .split(' ')
      .flatMap((group) => [...systemCalls(group)]),
  );
  expect(forbiddenCalls.has('setrlimit')).toBe(true);
  expect([...used].filter((call) => !allowedCalls.has(call) || forbiddenCalls.has(call))).toEqual([]);
});

test('the command of the unit is one that the program takes', async () => {
  const config = join(temporaryFolder(), 'feedtape.config.json');
  writeFileSync(config, JSON.stringify({ product: ['BTC-USD'] }));
  const [command = ''] = settings('ExecStart');
  const [program, ...args] = command.replace('/etc/feedtape/feedtape.config.json', config).split(' ');
  expect(program).toBe('/usr/bin/feedtape');
  const { code, json } = await feedtape([...args, '--dry-run', '--json']);
  expect(json()).toMatchObject({ folder: '/var/lib/feedtape' });
  expect(code).toBe(0);
});

test('the container runs a supported Node as an ordinary user, with a command that the program takes', async () => {
  expect(containerfile).toMatch(/^FROM docker\.io\/library\/node:24-slim$/mu);
  expect(containerfile).toMatch(/^USER node$/mu);
  expect(containerfile).toMatch(/^ENTRYPOINT \["feedtape"\]$/mu);
  expect(containerfile).toMatch(/install .*--owner=node .*--mode=0700 \/data$/mu);
  const args = JSON.parse(/^CMD (.*)$/mu.exec(containerfile)?.[1] ?? '') as readonly string[];
  const { code, json } = await feedtape([...args, '--dry-run', '--json'], { env: { FEEDTAPE_OUT: '/data' } });
  expect(json()).toMatchObject({ folder: '/data' });
  expect(code).toBe(0);
});

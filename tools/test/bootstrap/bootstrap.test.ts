// @module-tag slow

import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { read } from '../../repository.ts';
import { type FakeRegistry, startRegistry } from './fake-registry.ts';
import { cloneOf, fakePnpm, type FreshClone } from './fresh-clone.ts';

// The scripts behind npm start and npm test, on a machine with Node and npm alone and a registry of ours.

const PNPM = '12.21.0';
/** Ends as it is told, or counts the signals it is sent. */
const PROGRAM = `
const [order] = process.argv.slice(2);
if (order === 'wait') {
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => {
      signals += 1;
      // Long enough for a second one to come.
      if (signals === 1) setTimeout(() => { console.log(signals + ' times ' + signal); process.exit(3); }, 500);
    });
  setInterval(() => {}, 1_000);
  console.log('waiting');
} else if (order === 'die') process.kill(process.pid, 'SIGKILL');
else { console.log('ran ' + process.execPath); process.exitCode = Number(order); }
`;
const OLD_NODE = `--import=data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.9.0' } })",
)}`;

let clone: FreshClone & Disposable;
let registry: FakeRegistry;
let fromRegistry: Record<string, string>;

beforeEach(async () => {
  clone = cloneOf(PROGRAM);
  registry = await startRegistry(clone.folder);
  fromRegistry = { npm_config_registry: registry.url };
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  clone[Symbol.dispose]();
});

const pinPnpm = (): void => clone.pin({ pnpm: registry.publish('a-pnpm', PNPM, 'pnpm', fakePnpm(PNPM)) });
const ownPnpm = (version = PNPM): void => clone.addProgram('pnpm', fakePnpm(version));

test('a first run fetches pnpm and installs; a second one needs no network', async () => {
  pinPnpm();
  expect(await clone.run(['start', '0'], fromRegistry)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ran /u),
  });
  expect(clone.installations()).toEqual([
    'install --frozen-lockfile --prefer-offline --reporter=append-only',
  ]);
  const asked = registry.requests();
  expect(asked).toBeGreaterThan(0);
  expect(await clone.run(['start', '0'], fromRegistry)).toMatchObject({ code: 0, stderr: '' });
  expect(registry.requests()).toBe(asked);
  expect(clone.installations()).toHaveLength(1);
});

test.for([
  ['other bytes', 'other bytes', undefined],
  ['half of the bytes', 'half', undefined],
  ['another hash in the table', 'whole', `sha512-${Buffer.alloc(64, 7).toString('base64')}`],
] as const)('a fetched pnpm never runs: %s', async ([, delivery, integrity]) => {
  const published = registry.publish('a-pnpm', PNPM, 'pnpm', fakePnpm(PNPM));
  clone.pin({ pnpm: { ...published, integrity: integrity ?? published.integrity } });
  registry.deliver(delivery);
  const { code, stdout, stderr } = await clone.run(['start', '0'], fromRegistry);
  expect({ code, stdout, installations: clone.installations() }).toEqual({
    code: 78,
    stdout: '',
    installations: [],
  });
  expect(stderr).toContain(`Could not fetch a-pnpm@${PNPM}`);

  clone.pin({ pnpm: published });
  registry.deliver('whole');
  expect(await clone.run(['start', '0'], fromRegistry)).toMatchObject({ code: 0 });
});

test('a pnpm of the right major version on the path is used, and nothing is fetched', async () => {
  pinPnpm();
  ownPnpm('12.99.0');
  expect(await clone.run(['start', '0'], fromRegistry)).toMatchObject({ code: 0 });
  expect(registry.requests()).toBe(0);
  expect(clone.installations()).toHaveLength(1);
});

test('a platform that the table does not name gets the next step: pnpm', async () => {
  clone.pin({});
  ownPnpm('11.0.0');
  const { code, stderr } = await clone.run(['start', '0']);
  expect(code).toBe(78);
  expect(stderr).toContain(`npm install --global pnpm@${PNPM}`);
  expect(clone.installations()).toEqual([]);
});

test('a platform that the table does not name gets the next step: Node', async () => {
  clone.pin({});
  ownPnpm();
  const { code, stderr } = await clone.run(['start', '0'], { NODE_OPTIONS: OLD_NODE });
  expect(code).toBe(78);
  expect(stderr).toContain('https://nodejs.org');
});

test('an old Node brings a supported one, which runs the program', async () => {
  ownPnpm();
  const node = registry.publish('a-node', '24.21.0', 'node', `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  clone.pin({ node });
  const env = { ...fromRegistry, NODE_OPTIONS: OLD_NODE };
  expect(await clone.run(['start', '0'], env)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ran /u),
  });
  expect(registry.requests()).toBeGreaterThan(0);
});

test('a change of the lockfile, the settings of the workspace or any package.json installs again', async () => {
  ownPnpm();
  await clone.run(['start', '0']);
  const changes = [
    ['pnpm-lock.yaml', "lockfileVersion: '9.1'\n"],
    ['pnpm-workspace.yaml', 'packages:\n  - packages/*\n'],
    ['package.json', JSON.stringify({ packageManager: `pnpm@${PNPM}` })],
    ['packages/one/package.json', JSON.stringify({ name: 'one', dependencies: { other: '2.0.0' } })],
    ['tests/package.json', JSON.stringify({ name: 'tests', dependencies: {} })],
    ['packages/two/package.json', JSON.stringify({ name: 'two' })],
  ] as const;
  for (const [index, [path, text]] of changes.entries()) {
    clone.write(path, text);
    await clone.run(['start', '0']);
    expect({ path, installations: clone.installations().length }).toEqual({ path, installations: index + 2 });
  }
  await clone.run(['start', '0']);
  expect(clone.installations()).toHaveLength(changes.length + 1);
});

test('a deleted node_modules is installed again', async () => {
  ownPnpm();
  await clone.run(['start', '0']);
  const deleted = ['node_modules', 'node_modules/.pnpm', 'packages/one/node_modules'];
  for (const [index, path] of deleted.entries()) {
    clone.remove(path);
    expect(await clone.run(['start', '0'])).toMatchObject({ code: 0 });
    expect({ path, installations: clone.installations().length }).toEqual({ path, installations: index + 2 });
  }
});

test('a failed installation is not taken for one', async () => {
  clone.addProgram('pnpm', `#!/bin/sh\nif [ "$1" = --version ]; then echo ${PNPM}; else exit 9; fi\n`);
  expect(await clone.run(['start', '0'])).toMatchObject({ code: 9, stdout: '' });
  ownPnpm();
  expect(await clone.run(['start', '0'])).toMatchObject({ code: 0 });
  expect(clone.installations()).toHaveLength(1);
});

test.for([
  ['0', 0],
  ['7', 7],
  ['die', 128 + 9],
] as const)('the exit code is that of the program: %s', async ([order, code]) => {
  ownPnpm();
  expect(await clone.run(['start', order])).toMatchObject({ code });
});

test('an unknown command is a usage error', async () => {
  for (const command of ['tset', 'constructor', ''])
    expect(await clone.run([command])).toMatchObject({ code: 64, stdout: '' });
});

test.for(['SIGTERM', 'SIGINT'] as const)('%s of another program is sent on, once', async (signal) => {
  ownPnpm();
  const started = clone.start(['start', 'wait']);
  await started.printed('waiting');
  started.child.kill(signal);
  expect(await started.ended).toMatchObject({ code: 3, stdout: `waiting\n1 times ${signal}\n` });
});

const hasTerminal = spawnSync('script', ['--version']).status === 0;

test.skipIf(!hasTerminal)(
  `Ctrl-C in a terminal reaches the program once${hasTerminal ? '' : ' (skipped: script of util-linux is not installed)'}`,
  async () => {
    ownPnpm();
    expect(await clone.interruptInTerminal(['start', 'wait'], 'waiting')).toContain('1 times SIGINT');
  },
);

test('the table names the pnpm of package.json, supported versions of Node, and whole hashes', () => {
  const { packageManager } = JSON.parse(read('package.json')) as { packageManager: string };
  const { node, pnpm } = JSON.parse(read('scripts/toolchain.json')) as Record<
    'node' | 'pnpm',
    Record<string, { readonly version: string; readonly integrity: string }>
  >;
  for (const { version } of Object.values(pnpm)) expect(`pnpm@${version}`).toBe(packageManager);
  for (const { version } of Object.values(node))
    expect(version).toMatch(/^(?:22\.(?:1[89]|[2-9]\d)|24\.(?:1[1-9]|[2-9]\d)|26)\./u);
  for (const { integrity } of [...Object.values(node), ...Object.values(pnpm)])
    expect(Buffer.from(integrity.replace(/^sha512-/u, ''), 'base64')).toHaveLength(64);
  expect(Object.keys(node)).toContain('linux-x64');
  expect(Object.keys(pnpm)).toContain('linux-x64');
});

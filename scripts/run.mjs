// What `npm start`, `npm test` and the other commands of package.json call. Runs on a machine that has only
// Node 20 and npm, so it uses nothing but Node: it brings the Node and pnpm that are missing, installs, and
// hands over. See docs/decisions/2026-11-30-a-checked-toolchain.md.
import { fail, run } from './child.mjs';
import { check, report, test } from './checks.mjs';
import { install } from './dependencies.mjs';
import { environment, toolchain } from './toolchain.mjs';

// Node opens its debugger on this signal, and the environment may hold a key.
process.on('SIGUSR1', () => {});

/** @typedef {NodeJS.ProcessEnv} Env */

/** @param {Env} env @param {readonly string[]} args */
const node = async (env, args) =>
  (await run('node', ['--conditions=@feedtape/source', ...args], { env })).code;

/** @type {Readonly<Record<string, (env: Env, args: readonly string[]) => Promise<number>>>} */
const commands = {
  start: (env, args) =>
    node({ ...env, FEEDTAPE_INVOKED_AS: 'npm start --' }, ['apps/recorder/bin/feedtape.js', ...args]),
  test: async (env, args) => report(await check(env), await test(env, args)),
  quick: async (env, args) =>
    report(...(await Promise.all([check(env, ['types']), test({ ...env, FEEDTAPE_TESTS: 'quick' }, args)]))),
  // What tries random cases, with three times as many of them.
  long: async (env, args) =>
    report(await test({ FEEDTAPE_TIMES: '3', ...env, FEEDTAPE_TESTS: 'long' }, args)),
  check: async (env) => report(await check(env)),
  nightly: (env, args) => node(env, ['scripts/nightly.mjs', ...args]),
  node,
  bench: (env, args) => node(env, ['bench/main.ts', ...args]),
  scanners: (env) => node(env, ['tools/scanners/compile.ts']),
};

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined)
  fail(`scripts/run.mjs: unknown command "${name}". Known: ${Object.keys(commands).join(', ')}.`, 64);

const env = environment(await toolchain());
await install(env);
process.exitCode = await command(env, args);

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { cache } from './toolchain.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Totals */

/**
 * What is checked besides the tests themselves: a name, a program, its arguments.
 * @type {readonly (readonly [name: string, program: string, args: readonly string[]])[]}
 */
const checks = [
  ['build', 'turbo', ['run', 'build', '--output-logs=errors-only']],
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['types of the protocol scanner', 'tsc', ['-p', 'packages/protocol/assembly']],
  ['types of the capture scanner', 'tsc', ['-p', 'packages/capture/assembly']],
  ['arrows', 'turbo', ['boundaries']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'oxfmt', ['--check']],
  ['unused code', 'knip', ['--no-progress']],
];

/**
 * Runs a check and says how it went.
 * @param {NodeJS.ProcessEnv} env
 * @param {typeof checks[number]} check
 */
async function passes(env, [name, program, args]) {
  const started = Date.now();
  const { code, output } = await run(program, args, { env, capture: true });
  if (code !== 0) process.stdout.write(output);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  return code === 0;
}

/**
 * Runs the checks of these names, or all of them: the first, which others may need, and then the rest at once.
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} [names]
 * @returns {Promise<Totals>}
 */
export async function check(env, names) {
  const [first, ...others] = checks.filter(([name]) => names?.includes(name) ?? true);
  const results = first === undefined ? [] : [await passes(env, first)];
  results.push(...(await Promise.all(others.map((each) => passes(env, each)))));
  const passed = results.filter(Boolean).length;
  return { passed, failed: results.length - passed, skipped: 0 };
}

/**
 * Runs the tests with these arguments of vitest.
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} args
 * @returns {Promise<Totals>}
 */
export async function test(env, args) {
  const file = join(cache, 'totals.json');
  rmSync(file, { force: true });
  const { code } = await run('vitest', ['run', ...args], { env: { ...env, FEEDTAPE_TOTALS: file } });
  /** @type {Totals} */
  const totals = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0 };
  // A runner that failed without naming a failed test must not look like a success.
  if (code !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

/**
 * Prints the last line: what passed and failed in all.
 * @param {Totals[]} parts
 * @returns {number} the exit code
 */
export function report(...parts) {
  /** @param {keyof Totals} key */
  const sum = (key) => parts.reduce((total, part) => total + part[key], 0);
  const skipped = sum('skipped');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return sum('failed') === 0 ? 0 : 1;
}

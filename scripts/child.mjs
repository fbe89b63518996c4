import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top folder of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const windows = process.platform === 'win32';

/**
 * @typedef {object} RunOptions
 * @property {NodeJS.ProcessEnv} [env] without it, ours
 * @property {boolean} [capture] collects standard output instead of passing it on
 * @property {'inherit' | 'ignore'} [errors] what becomes of standard error, if output is captured
 */

/** @typedef {{ code: number, output: string }} Result */

/**
 * Sends SIGTERM on to the child, and SIGINT unless it was typed: a terminal sends that one to its whole
 * foreground group, and a program that gets it a second time stops at once.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void} ends the forwarding
 */
function forwardSignals(child) {
  const interrupt = () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  };
  const terminate = () => void child.kill('SIGTERM');
  process.on('SIGINT', interrupt).on('SIGTERM', terminate);
  return () => void process.off('SIGINT', interrupt).off('SIGTERM', terminate);
}

/**
 * Runs a program in the top folder with our standard streams. Resolves to its exit code: 127 if it cannot be
 * started, 128 and the number of the signal if one ended it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Result>}
 */
export function run(command, args, { env = process.env, capture = false, errors = 'inherit' } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: capture ? ['ignore', 'pipe', errors] : 'inherit',
      // npm, npx and what is in node_modules/.bin are command files there.
      shell: windows && !/\.exe$/iu.test(command),
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    const stopForwarding = forwardSignals(child);
    child.on('error', (error) => {
      stopForwarding();
      resolve({ code: 127, output: error.message });
    });
    child.on('close', (code, signal) => {
      stopForwarding();
      resolve({ code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), output });
    });
  });
}

/**
 * Says why nothing can be done, and ends.
 * @param {string} message
 * @param {number} [code] EX_CONFIG by default
 * @returns {never}
 */
export function fail(message, code = 78) {
  console.error(message);
  process.exit(code);
}

// Brings the Node and the pnpm that a machine lacks. See docs/decisions/2026-11-30-a-checked-toolchain.md.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail, root, run } from './child.mjs';

/**
 * One package of the npm registry that holds a program for one platform.
 * @typedef {object} PinnedPackage
 * @property {string} name
 * @property {string} version
 * @property {string} integrity of its tarball, as npm writes it
 * @property {string} folder where in the package the program is
 */

/** @typedef {Readonly<Record<'node' | 'pnpm', Readonly<Record<string, PinnedPackage>>>>} PinnedTools */

/** Where what belongs to one clone is kept: it goes when node_modules goes. */
export const cache = join(root, 'node_modules', '.cache', 'feedtape');

const folder = join(cache, 'toolchain');
const memory = join(cache, 'toolchain.json');

/** @param {string} path @returns {string} */
const read = (path) => readFileSync(join(root, path), 'utf8');

/** @type {PinnedTools} */
const pinned = JSON.parse(read('scripts/toolchain.json'));
/** @type {{ packageManager: string }} */
const { packageManager } = JSON.parse(read('package.json'));

/**
 * Whether the sources run on a Node of this version.
 * @param {string} version
 */
function isSupported(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26;
}

/** As the table names platforms. */
function platform() {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return name;
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return header.glibcVersionRuntime === undefined ? `${name}-musl` : name;
}

/** Whether the pnpm on the path, if any, is of the major version that package.json names. */
async function hasPnpm() {
  // Corepack would fetch one that is not checked against the table.
  const env = { ...process.env, COREPACK_ENABLE_NETWORK: '0' };
  const { code, output } = await run('pnpm', ['--version'], { env, capture: true, errors: 'ignore' });
  return code === 0 && packageManager.startsWith(`pnpm@${output.split('.')[0]}.`);
}

/**
 * The packages of what this machine lacks; ends with the next step if the table has none for it.
 * @returns {Promise<PinnedPackage[]>}
 */
async function lacking() {
  const packages = [];
  if (!isSupported(process.versions.node)) {
    packages.push(
      pinned.node[platform()] ??
        fail(
          `feedtape needs Node ^22.18, ^24.11 or >=26, this is ${process.version}, and scripts/toolchain.json names none for ${platform()}.\nInstall one (https://nodejs.org/en/download), then run the same command again.`,
        ),
    );
  }
  if (!(await hasPnpm())) {
    packages.push(
      pinned.pnpm[platform()] ??
        fail(
          `feedtape needs ${packageManager}, and scripts/toolchain.json names none for ${platform()}.\nInstall it with "npm install --global ${packageManager}", then run the same command again.`,
        ),
    );
  }
  return packages;
}

/**
 * Has npm install exactly these packages: what does not match its hash is refused before it is unpacked, and no
 * script of a package runs.
 * @param {readonly PinnedPackage[]} packages
 */
async function fetchPackages(packages) {
  const dependencies = Object.fromEntries(packages.map(({ name, version }) => [name, version]));
  const locked = packages.map(({ name, version, integrity }) => [
    `node_modules/${name}`,
    { version, integrity },
  ]);
  const lock = { lockfileVersion: 3, packages: { '': { dependencies }, ...Object.fromEntries(locked) } };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  const names = Object.entries(dependencies).map((entry) => entry.join('@'));
  console.error(`Fetching ${names.join(' and ')} (once) …`);
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code } = await run('npm', ['ci', '--prefix', folder, ...options], { capture: true });
  if (code === 0) return;
  rmSync(folder, { recursive: true, force: true });
  fail(
    `Could not fetch ${names.join(' and ')} as scripts/toolchain.json names them; nothing of it was run.\nCheck the network and "npm config get registry", or install a supported Node and ${packageManager}; then run the same command again.`,
  );
}

/**
 * The folders that go before the path, so that it leads to a supported Node and to pnpm.
 * @returns {Promise<readonly string[]>}
 */
export async function toolchain() {
  const key = [process.version, process.arch, process.env['PATH'], JSON.stringify(pinned)].join('\n');
  try {
    /** @type {{ key: string, folders: string[] }} */
    const known = JSON.parse(readFileSync(memory, 'utf8'));
    if (known.key === key && known.folders.every((path) => existsSync(path))) return known.folders;
  } catch {
    // Nothing is remembered yet, or it is unreadable.
  }
  const packages = await lacking();
  if (packages.length > 0) await fetchPackages(packages);
  const folders = packages.map(({ name, folder: inside }) => join(folder, 'node_modules', name, inside));
  mkdirSync(cache, { recursive: true });
  writeFileSync(memory, JSON.stringify({ key, folders }));
  return folders;
}

/**
 * The environment of everything that is run.
 * @param {readonly string[]} folders
 * @returns {NodeJS.ProcessEnv}
 */
export const environment = (folders) => ({
  ...process.env,
  PATH: [...folders, join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
  NODE_COMPILE_CACHE: join(cache, 'compiled'),
  DO_NOT_TRACK: '1',
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
});

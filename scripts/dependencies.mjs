import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root, run } from './child.mjs';
import { cache } from './toolchain.mjs';

const stamp = join(cache, 'installed');

/** @param {string} path relative to the top */
const foldersIn = (path) =>
  readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map((entry) => join(path, entry.name));

/** The folders of packages, which are at the top or one below, in a fixed order. */
const packageFolders = () =>
  ['', ...foldersIn('').flatMap((path) => [path, ...foldersIn(path)])]
    .filter((path) => existsSync(join(root, path, 'package.json')))
    .toSorted();

/**
 * What an installation depends on: the lockfile, the settings of the workspace and each package.json.
 * @param {readonly string[]} folders
 */
function fingerprint(folders) {
  const hash = createHash('sha256');
  for (const path of [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...folders.map((each) => join(each, 'package.json')),
  ])
    hash
      .update(`${path}\n`)
      .update(readFileSync(join(root, path)))
      .update('\n');
  // Links into the store may hold the absolute path.
  return hash.update(root).digest('hex');
}

/**
 * Whether a package that depends on something has lost its node_modules.
 * @param {string} path
 */
function lacksModules(path) {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, path, 'package.json'), 'utf8'),
  );
  const some = Object.keys({ ...dependencies, ...devDependencies }).length > 0;
  return some && !existsSync(join(root, path, 'node_modules'));
}

/**
 * Installs what the lockfile says, unless that is what is there.
 * @param {NodeJS.ProcessEnv} env
 */
export async function install(env) {
  const folders = packageFolders();
  const wanted = fingerprint(folders);
  const complete = existsSync(join(root, 'node_modules', '.pnpm')) && !folders.some(lacksModules);
  if (complete && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Installing dependencies (once) …');
  const options = ['--frozen-lockfile', '--prefer-offline', '--reporter=append-only'];
  const { code, output } = await run('pnpm', ['install', ...options], { env, capture: true });
  if (code !== 0) fail(`${output}\nThe installation failed with exit code ${code}.`, code);
  mkdirSync(cache, { recursive: true });
  writeFileSync(stamp, wanted);
}

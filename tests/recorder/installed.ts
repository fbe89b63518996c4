// What the Containerfile does, in a folder instead of a container: the packed packages are installed as npm installs
// them, without development dependencies and with nobody's sources, and its command records as an ordinary user.
// Needs a built repository and a registry for the dependencies. npm run nightly -- recorder-installed
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const containerfile = readFileSync(join(root, 'apps/recorder/operations/Containerfile'), 'utf8');
/** Of nobody, who owns nothing. */
const ORDINARY_USER = 65_534;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), 'feedtape-installed-'));
const [tarballs, prefix, data] = ['tarballs', 'prefix', 'data'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
for (const made of [tarballs, prefix]) mkdirSync(made);
mkdirSync(data, { mode: 0o700 });

for (const room of [
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`),
  'apps/recorder',
])
  execFileSync('pnpm', ['pack', '--pack-destination', tarballs], { cwd: join(root, room), stdio: 'pipe' });
const packed = readdirSync(tarballs).map((name) => join(tarballs, name));
const install = ['install', '--global', '--no-audit', '--no-fund', '--prefix', prefix, ...packed];
execFileSync('npm', install, { stdio: ['ignore', 'ignore', 'inherit'] });
const installed = readdirSync(join(prefix, 'lib/node_modules/@feedtape/recorder/node_modules'));
say(
  `${packed.length} packages packed and installed; the recorder brings ${installed.length} dependencies of its own`,
);

// The installed program runs the node of its path; this one may lie where an ordinary user can't look.
const programs = join(folder, 'programs');
mkdirSync(programs);
copyFileSync(process.execPath, join(programs, 'node'));

const asRoot = process.getuid?.() === 0;
if (asRoot) {
  chownSync(data, ORDINARY_USER, ORDINARY_USER);
  execFileSync('chmod', ['-R', 'go+rX', folder]);
  execFileSync('chmod', ['0700', data]);
}
const settings = /^ENV (.*)$/mu.exec(containerfile)?.[1]?.split(' ') ?? [];
const env = Object.fromEntries(settings.map((setting) => setting.split('=', 2) as [string, string]));
const run = (args: readonly string[]): ReturnType<typeof spawnSync> =>
  spawnSync(join(prefix, 'bin/feedtape'), args, {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}`, ...env, FEEDTAPE_OUT: data },
    ...(asRoot ? { uid: ORDINARY_USER, gid: ORDINARY_USER } : {}),
  });

const [command = ''] = (JSON.parse(/^CMD (.*)$/mu.exec(containerfile)?.[1] ?? '[]') as string[]).slice(0, 1);
const steps = [
  ['--version'],
  [command, '--simulate', '--duration', '3s', '--listen', '127.0.0.1:0', '--compress', 'zstd'],
  ['verify', data],
  ['inspect', data],
];
for (const step of steps) {
  const { status, stdout, stderr } = run(step);
  say(`feedtape ${step.join(' ')}: ${String(status)}\n${String(stdout)}`);
  if (status === 0) continue;
  process.stderr.write(String(stderr));
  process.exitCode = 1;
}
rmSync(folder, { recursive: true });

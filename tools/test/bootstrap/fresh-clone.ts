import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { root } from '../../repository.ts';
import type { PinnedPackage } from './fake-registry.ts';

/** As scripts/toolchain.json names the platform of this machine. */
const header = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
const libc = process.platform === 'linux' && header.header.glibcVersionRuntime === undefined ? '-musl' : '';
const platform = `${process.platform}-${process.arch}${libc}`;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard output holds this text. */
  readonly printed: (text: string) => Promise<void>;
}

/** A small repository with our scripts, on a machine that has Node and npm alone. */
export interface FreshClone {
  readonly folder: string;
  /** Makes the table name these packages for this machine, and no others. */
  pin(tools: { readonly node?: PinnedPackage; readonly pnpm?: PinnedPackage }): void;
  /** Puts a program on the path. */
  addProgram(name: string, text: string): void;
  write(path: string, text: string): void;
  remove(path: string): void;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Started;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** The same in a terminal, where Ctrl-C is typed when standard output holds `text`. */
  interruptInTerminal(args: readonly string[], text: string): Promise<string>;
  /** The arguments of each call of pnpm but `--version`. */
  installations(): readonly string[];
}

/** A pnpm that notes how it was called, and whose installation makes the folders that a real one makes. */
export const fakePnpm = (version: string): string => `#!/usr/bin/env node
const { appendFileSync, mkdirSync } = require('node:fs');
const args = process.argv.slice(2);
if (args[0] === '--version') console.log('${version}');
else {
  appendFileSync(process.env.CALLS, args.join(' ') + '\\n');
  for (const folder of ['node_modules/.pnpm', 'packages/one/node_modules']) mkdirSync(folder, { recursive: true });
}
`;

const manifests = {
  'package.json': { packageManager: 'pnpm@12.21.0', devDependencies: { some: '1.0.0' } },
  'packages/one/package.json': { name: 'one', dependencies: { other: '1.0.0' } },
  'tests/package.json': { name: 'tests' },
};

const npm = realpathSync(spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim());

/** `program` is what `npm start` runs there. */
export function cloneOf(program: string): FreshClone & Disposable {
  const machine = mkdtempSync(join(tmpdir(), 'feedtape-bootstrap-'));
  const folder = join(machine, 'clone');
  const bin = join(machine, 'bin');
  const calls = join(machine, 'calls');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const script of readdirSync(join(root, 'scripts'))) {
    mkdirSync(join(folder, 'scripts'), { recursive: true });
    cpSync(join(root, 'scripts', script), join(folder, 'scripts', script));
  }
  for (const [path, manifest] of Object.entries(manifests)) write(path, JSON.stringify(manifest));
  write('pnpm-lock.yaml', "lockfileVersion: '9.0'\n");
  write('pnpm-workspace.yaml', 'packages:\n  - packages/*\n  - tests\n');
  write('apps/recorder/bin/feedtape.js', program);
  mkdirSync(bin);
  for (const [name, path] of [
    ['node', process.execPath],
    ['npm', npm],
    ['sh', '/bin/sh'],
  ] as const)
    symlinkSync(path, join(bin, name));
  const base = {
    PATH: [bin].join(delimiter),
    HOME: machine,
    CALLS: calls,
    npm_config_cache: join(machine, 'npm'),
    npm_config_fetch_retries: '0',
    npm_config_update_notifier: 'false',
  };
  const command = (args: readonly string[]): string[] => [join(folder, 'scripts', 'run.mjs'), ...args];

  function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
    const child = spawn(process.execPath, command(args), { cwd: machine, env: { ...base, ...env } });
    child.stdin.end();
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
    const printed = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => void (stdout.includes(text) && resolve());
        child.stdout.on('data', look);
        child.on('close', () => reject(new Error(`ended before it printed ${text}: ${stdout}${stderr}`)));
        look();
      });
    return { child, ended, printed };
  }

  return {
    folder,
    write,
    start,
    run: (args, env) => start(args, env).ended,
    remove: (path) => rmSync(join(folder, path), { recursive: true }),
    addProgram(name, text) {
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    },
    pin: ({ node, pnpm }) =>
      write(
        'scripts/toolchain.json',
        JSON.stringify({
          node: node === undefined ? {} : { [platform]: node },
          pnpm: pnpm === undefined ? {} : { [platform]: pnpm },
        }),
      ),
    interruptInTerminal: (args, text) =>
      new Promise((resolve) => {
        const line = [process.execPath, ...command(args)].map((part) => `'${part}'`).join(' ');
        const child = spawn('script', ['-qec', line, '/dev/null'], {
          env: { ...base, PATH: [bin, process.env['PATH']].join(delimiter), SHELL: '/bin/sh' },
        });
        let output = '';
        let typed = false;
        child.stdout.on('data', (chunk) => {
          output += chunk;
          if (!typed && output.includes(text)) {
            typed = true;
            child.stdin.write('\u0003');
          }
        });
        child.on('close', () => resolve(output));
      }),
    installations: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : []),
    [Symbol.dispose]: () => rmSync(machine, { recursive: true, force: true }),
  };
}

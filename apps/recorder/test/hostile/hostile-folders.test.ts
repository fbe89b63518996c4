// @module-tag slow
// @module-tag seeded

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test, vi } from 'vitest';
import { main } from '#main';
import {
  createRandom,
  fingerprint,
  fingerprintOfUsers,
  writeCanaries,
  writeHostileFolder,
  type SpecialFiles,
} from './hostile-folder.ts';

// FEEDTAPE_HOSTILE_SEED says with which one to begin: a failure names its own.
const FOLDERS = 200 * Number(process.env['FEEDTAPE_TIMES'] ?? 1);
const FIRST_SEED = Number(process.env['FEEDTAPE_HOSTILE_SEED'] ?? 1);
/** No command takes longer; the machine may be busy with other tests. */
const MAX_CPU_MS = 5_000;
/** Nor does one wait: this is for a machine that is busy with much else. */
const MAX_MS = 60_000;
const MAX_BYTES = 1024 ** 3;
const STILL_RUNNING = 99;
const EXIT_CODES: ReadonlySet<number> = new Set([0, 64, 65, 69, 73, 74, 77, 78]);

// A lock that does not say whose it is is watched for fifteen seconds: here a second is shorter.
const systemTimeout = globalThis.setTimeout;
vi.stubGlobal('setTimeout', (wake: () => void, ms?: number) => systemTimeout(wake, ms === 1000 ? 1 : ms));

const root = mkdtempSync(join(tmpdir(), 'feedtape-hostile-'));
const sockets = createServer();
afterAll(() => {
  vi.unstubAllGlobals();
  sockets.close();
  rmSync(root, { recursive: true, force: true });
});

async function makeSpecialFiles(): Promise<SpecialFiles> {
  const [pipe, socket, device] = ['pipe', 'socket', 'device'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  await new Promise<void>((listening) => sockets.listen(socket, listening));
  // The device of /dev/zero; only root may make one.
  const made = spawnSync('mknod', [device, 'c', '1', '5']).status === 0;
  return { pipe, socket, device: made ? device : undefined };
}

const specialFiles = makeSpecialFiles();

interface Outcome {
  readonly code: number;
  readonly stderr: string;
  readonly cpuMs: number;
}

const exitCode = (): number => Number(process.exitCode ?? 0);

/** Runs a command line; one that serves is ended by a signal as soon as it says where. */
async function run(args: readonly string[]): Promise<Outcome> {
  const stdout = new PassThrough().resume();
  const stderr = new PassThrough();
  let said = '';
  stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const before = new Set(process.listeners('SIGINT'));
  const interrupt = (): void => {
    for (const listener of process.listeners('SIGINT')) if (!before.has(listener)) listener('SIGINT');
  };
  if (args[0] === 'replay') stdout.on('data', () => setTimeout(interrupt, 5));
  const apiSecret = { isSet: false, take: () => '' };
  const started = process.cpuUsage();
  process.exitCode = 0;
  const over = new AbortController();
  await Promise.race([
    main(args, { stdout, stderr, stdin: new PassThrough(), env: {}, apiSecret, name: 'feedtape' }),
    delay(MAX_MS, undefined, { signal: over.signal }).then(
      () => (process.exitCode = STILL_RUNNING),
      () => undefined,
    ),
  ]);
  over.abort();
  const code = exitCode();
  process.exitCode = undefined;
  const { user, system } = process.cpuUsage(started);
  return { code, stderr: said, cpuMs: (user + system) / 1_000 };
}

const RECORD = 'record --simulate --frames 1 --quiet --compress gzip --keep-segments 1 --rotate-size 1KiB';

/** The file of a folder that is given to `import`. */
function fileIn(folder: string): string {
  const [first = 'none.ndjson'] = readdirSync(folder)
    .filter((name) => name.includes('.ndjson'))
    .toSorted();
  return join(folder, first);
}

/** Every command, those that only read before those that write. */
function commandLines(folder: string, file: string, out: string): readonly (readonly string[])[] {
  return [
    ['verify', folder],
    ['inspect', folder],
    ['cat', folder],
    ['drift', folder],
    ['cut', folder, '--redact', 'user', '-o', join(out, 'cut.ndjson')],
    ['export', folder, '--out', join(out, 'tables'), '--format', 'ndjson'],
    ['import', file, '--source', 'x', '--format', 'ndjson', '-o', join(out, 'import.ndjson')],
    ['replay', folder, '--json', '--quiet'],
    ['repair', folder],
    [...RECORD.split(' '), '--out', folder],
  ];
}

function complaintAbout({ code, stderr, cpuMs }: Outcome): string | undefined {
  if (code === STILL_RUNNING) return `was still running after ${MAX_MS} ms`;
  if (cpuMs > MAX_CPU_MS) return `took ${Math.round(cpuMs)} ms of the processor`;
  if (!EXIT_CODES.has(code)) return `ended with ${code}`;
  // A command line that is wrong tries nothing.
  if (code === 64 && !/^feedtape: option (?:format|filter): /u.test(stderr)) return 'was not understood';
  if (/internal error|TypeError|RangeError|at .*\.ts:\d/u.test(stderr)) return 'is a mistake of ours';
  // `verify` says on standard output what it found.
  if (code !== 0 && code !== 65 && !/^(?:feedtape|error): \S/mu.test(stderr)) return 'gives no reason';
  return process.memoryUsage().rss > MAX_BYTES ? `holds ${process.memoryUsage().rss} bytes` : undefined;
}

async function tryFolder(seed: number, special: SpecialFiles): Promise<readonly string[]> {
  const place = join(root, `seed-${seed}`);
  const [folder, canaries, out] = ['captures', 'canary', 'out'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [place, canaries, out]) mkdirSync(path);
  writeCanaries(canaries);
  writeHostileFolder(createRandom(seed), folder, { canaries, special });
  const complaints: string[] = [];
  const outside = fingerprint(canaries);
  const inside = fingerprint(folder);
  const ofTheUser = fingerprintOfUsers(folder);
  for (const args of commandLines(folder, fileIn(folder), out)) {
    const outcome = await run(args);
    const complaint = complaintAbout(outcome);
    const command = `seed ${seed}: ${args[0]}`;
    if (complaint !== undefined) complaints.push(`${command} ${complaint}: ${outcome.stderr.slice(0, 600)}`);
    if (fingerprint(canaries) !== outside) complaints.push(`${command} changed something outside the folder`);
    const writes = args[0] === 'repair' || args[0] === 'record';
    if (!writes && fingerprint(folder) !== inside)
      complaints.push(`${command} changed the folder it only reads`);
    if (fingerprintOfUsers(folder) !== ofTheUser) complaints.push(`${command} changed a file of the user's`);
    if (complaints.length > 0) break;
  }
  if (complaints.length === 0) rmSync(place, { recursive: true, force: true });
  return complaints;
}

test('a pipe, a socket or a device that the user names is refused', { timeout: 120_000 }, async () => {
  const { pipe, socket, device = '/dev/zero' } = await specialFiles;
  const link = join(root, 'link');
  symlinkSync(pipe, link);
  const refused = expect.stringMatching(/not a (?:file|folder)|no folder|exists already/u) as string;
  for (const named of [pipe, socket, device, link]) {
    for (const args of commandLines(named, named, root)) {
      const { code, stderr } = await run(args);
      expect({ args, code, stderr }).toEqual({ args, code: 74, stderr: refused });
    }
  }
  expect(existsSync(join(root, 'import.ndjson'))).toBe(false);
});

test(
  `${FOLDERS} folders of strangers: no command changes anything outside, hangs, or ends without a reason`,
  { timeout: 120_000 + FOLDERS * 5_000 },
  async () => {
    const special = await specialFiles;
    const complaints: string[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + FOLDERS; seed += 1) {
      complaints.push(...(await tryFolder(seed, special)));
    }
    expect(complaints).toEqual([]);
  },
);

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { generateKey, isAuthError, readKey, readKeyFile } from '@feedtape/auth';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authErrorOf, everythingShownOf } from './auth-error-of.ts';
import { encodingsOf, leakFinder } from './secret-encodings.ts';

const windows = process.platform === 'win32';
/** Ends the title of a test that is left out there, so that the report says why. */
const unix = windows ? ' (skipped: Windows has no modes, owners or FIFOs)' : '';
const root = process.geteuid?.() === 0;

const { key } = generateKey('ES256');
const pem = key.privateKey.export({ format: 'pem', type: 'sec1' }).toString();
const json = JSON.stringify({ name: key.name, privateKey: pem });
const leaksIn = leakFinder(encodingsOf(key.privateKey));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'feedtape-key-file-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;
function keyFile({
  mode = 0o600,
  content = json,
  within = folder,
}: { mode?: number; content?: string | Uint8Array; within?: string } = {}): string {
  files += 1;
  const path = join(within, `key-${files}.json`);
  writeFileSync(path, content, { mode: 0o600 });
  chmodSync(path, mode);
  return path;
}

function folderOf(mode: number): string {
  files += 1;
  const path = join(folder, `folder-${files}`);
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

function linkTo(target: string): string {
  files += 1;
  const path = join(folder, `link-${files}`);
  symlinkSync(target, path);
  return path;
}

test.for([
  ['a key document', json],
  ['a key document of a Windows editor', `\uFEFF${json.replaceAll('\n', '\r\n')}\r\n`],
  ['a key document that PowerShell redirected', Buffer.from(`\uFEFF${json}`, 'utf16le')],
  ['a PEM', pem],
  ['a PEM with literal \\n', `${pem.replaceAll('\n', '\\n')}\n`],
] as const)('a file with %s is read', ([, content]) => {
  const path = keyFile({ content });
  expect(readKeyFile(path, { name: key.name })).toMatchObject({ name: key.name, algorithm: 'ES256' });
  expect(readKey({ path }, { name: key.name }).privateKey.equals(key.privateKey)).toBe(true);
});

test.skipIf(windows).for([0o600, 0o400, 0o700, 0o500])(`mode %o is closed enough${unix}`, (mode) => {
  expect(readKeyFile(keyFile({ mode })).name).toBe(key.name);
});

test
  .skipIf(windows)
  .for([0o640, 0o604, 0o644, 0o660, 0o620, 0o602, 0o610, 0o601, 0o666, 0o777, 0o440, 0o404])(
  `mode %o is too open${unix}`,
  (mode) => {
    const error = authErrorOf(() => readKeyFile(keyFile({ mode })));
    expect(error.code).toBe('AUTH_FILE_TOO_OPEN');
    expect(error.message).toContain(`mode 0${mode.toString(8)}`);
    expect(error.message).toContain('chmod 600');
    expect(leaksIn(everythingShownOf(error))).toEqual([]);
  },
);

test("another user's file is refused, whatever its mode", ({ skip }) => {
  skip(!root, 'only root can give a file to another user');
  const path = keyFile();
  chownSync(path, 65_534, 65_534);
  expect(authErrorOf(() => readKeyFile(path))).toMatchObject({
    code: 'AUTH_FILE_OWNER',
    details: { owner: 65_534, user: 0 },
  });
});

test.skipIf(windows)(`a link to a key in a folder of one's own is followed${unix}`, () => {
  expect(readKeyFile(linkTo(keyFile({ within: folderOf(0o700) }))).name).toBe(key.name);
});

test.skipIf(windows).for([0o777, 0o1777, 0o703])(
  `a link into a folder that everybody can write to (mode %o) is refused${unix}`,
  (mode) => {
    const error = authErrorOf(() => readKeyFile(linkTo(keyFile({ within: folderOf(mode) }))));
    expect(error.code).toBe('AUTH_FILE_TOO_OPEN');
    expect(error.message).toContain('symbolic link');
  },
);

test.skipIf(windows)(`what is no plain file is refused by its kind, without waiting for it${unix}`, () => {
  const pipe = join(folder, 'pipe');
  expect(spawnSync('mkfifo', ['-m', '600', pipe]).status).toBe(0);
  for (const [path, found] of [
    [pipe, 'a pipe'],
    [folder, 'a folder'],
    ['/dev/null', 'a device'],
    [linkTo(folderOf(0o700)), 'a folder'],
  ] as const) {
    expect(authErrorOf(() => readKeyFile(path))).toMatchObject({
      code: 'AUTH_FILE_NOT_REGULAR',
      details: { found },
    });
  }
});

const unreadable: readonly (readonly [what: string, path: () => string, code: string])[] = [
  ['no file', () => join(folder, 'absent.json'), 'AUTH_FILE_NOT_FOUND'],
  ['a link to nothing', () => linkTo(join(folder, 'absent.json')), 'AUTH_FILE_NOT_FOUND'],
  ['an empty path', () => '', 'AUTH_FILE_NOT_FOUND'],
  // What the types forbid and an unset environment variable does all the same.
  ['an unset variable', () => undefined as unknown as string, 'AUTH_FILE_UNREADABLE'],
  ['a path with NUL', () => 'a\0b', 'AUTH_FILE_UNREADABLE'],
  ['a path through a file', () => join(keyFile(), 'x'), 'AUTH_FILE_UNREADABLE'],
  ['a name that is too long', () => 'n'.repeat(5000), 'AUTH_FILE_UNREADABLE'],
  ['a link to itself', () => linkTo(`link-${files + 1}`), 'AUTH_FILE_UNREADABLE'],
  ['an empty file', () => keyFile({ content: '' }), 'AUTH_NOT_A_KEY'],
  ['a file with NUL bytes', () => keyFile({ content: `${pem}\0` }), 'AUTH_NOT_A_KEY'],
  ['a file in Windows-1252', () => keyFile({ content: Buffer.from([0x93, 0x41, 0x94]) }), 'AUTH_NOT_A_KEY'],
  [
    'half of a UTF-16 character',
    () => keyFile({ content: Buffer.from([0xff, 0xfe, 0x41]) }),
    'AUTH_NOT_A_KEY',
  ],
];

test.for(unreadable)('%s is refused by its code', ([, path, code]) => {
  const error = authErrorOf(() => readKeyFile(path()));
  expect(error.code).toBe(code);
  expect(leaksIn(everythingShownOf(error))).toEqual([]);
});

test('a huge file is refused after its first 64 KiB', () => {
  const path = keyFile();
  truncateSync(path, 8 * 1024 ** 3);
  expect(authErrorOf(() => readKeyFile(path)).code).toBe('AUTH_NOT_A_KEY');
});

test('a key given in place of a path is not repeated', () => {
  const secret = key.privateKey.export({ format: 'jwk' }).d ?? '';
  for (const path of [pem, json, pem.replaceAll('\n', ''), secret, `${secret}=`]) {
    expect(leaksIn(everythingShownOf(authErrorOf(() => readKeyFile(path))))).toEqual([]);
  }
});

const openFiles = (): number => readdirSync('/proc/self/fd').length;

test('no file stays open', { skip: !process.platform.startsWith('linux') }, () => {
  const paths = [
    keyFile(),
    keyFile({ mode: 0o644 }),
    keyFile({ content: 'x' }),
    folder,
    join(folder, 'absent'),
  ];
  const before = openFiles();
  for (let round = 0; round < 50; round += 1) {
    for (const path of paths) {
      try {
        readKeyFile(path);
      } catch {
        // Refusals are what is asked for.
      }
    }
  }
  expect(openFiles()).toBeLessThanOrEqual(before + 2);
});

const documentOf = ({ name, privateKey }: typeof key): string =>
  JSON.stringify({ name, privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) });

/** Puts three files in turn at one path: a good one, one that others can read, and a link into an open folder. */
const SWAPPER = `
  const { path, candidates } = require('node:worker_threads').workerData;
  const fs = require('node:fs');
  for (;;) for (const [kind, source] of candidates) {
    kind === 'link' ? fs.symlinkSync(source, path + '.next') : fs.linkSync(source, path + '.next');
    fs.renameSync(path + '.next', path);
  }
`;

test.skipIf(windows)(
  `a file that is swapped while it is read is never read past the check${unix}`,
  async () => {
    const exposed = generateKey('ES256').key;
    const planted = generateKey('ES256').key;
    const path = join(folderOf(0o700), 'key.json');
    const candidates = [
      ['file', keyFile()],
      ['file', keyFile({ content: documentOf(exposed), mode: 0o644 })],
      ['link', keyFile({ content: documentOf(planted), within: folderOf(0o777) })],
    ];
    writeFileSync(path, json, { mode: 0o600 });
    const swapper = new Worker(SWAPPER, { eval: true, workerData: { path, candidates } });
    const seen = new Map<string, number>();
    // AUTH_FILE_UNREADABLE: a link took the file's place between the look and the opening, and was not followed.
    const expected = [key.name, 'AUTH_FILE_TOO_OPEN', 'AUTH_FILE_UNREADABLE'];
    const allSeen = (): boolean => expected.every((outcome) => seen.has(outcome));
    const deadline = Date.now() + 10_000;
    for (let reads = 0; reads < 1000 || (!allSeen() && Date.now() < deadline); reads += 1) {
      const outcome = nameOrCode(path);
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
    await swapper.terminate();
    expect([...seen.keys()]).toEqual(expect.arrayContaining(expected.slice(0, 2)));
    expect([...seen.keys()]).not.toContain(exposed.name);
    expect([...seen.keys()]).not.toContain(planted.name);
  },
);

function nameOrCode(path: string): string {
  try {
    return readKeyFile(path).name;
  } catch (error) {
    if (isAuthError(error)) return error.code;
    throw error;
  }
}

/** A folder as systemd makes it for the credentials of a service, and a key in it. */
function credentialsFolder({ folderMode = 0o550, mode = 0o440 } = {}): {
  readonly path: string;
  readonly folder: string;
} {
  const within = folderOf(0o700);
  const path = keyFile({ mode, within });
  chmodSync(within, folderMode);
  return { path, folder: within };
}

/** What the file is called by, in a process that was given this folder. */
function readAsCredential(path: string, credentials: string | undefined): string {
  const before = process.env['CREDENTIALS_DIRECTORY'];
  try {
    if (credentials === undefined) delete process.env['CREDENTIALS_DIRECTORY'];
    else process.env['CREDENTIALS_DIRECTORY'] = credentials;
    return readKeyFile(path).name;
  } catch (error) {
    return isAuthError(error) ? error.code : String(error);
  } finally {
    if (before === undefined) delete process.env['CREDENTIALS_DIRECTORY'];
    else process.env['CREDENTIALS_DIRECTORY'] = before;
  }
}

test.skipIf(windows).for([
  [0o550, 0o440],
  [0o500, 0o400],
  [0o700, 0o440],
  [0o750, 0o400],
] as const)(`a credential of systemd is read: folder %o, file %o${unix}`, ([folderMode, mode]) => {
  const { path, folder: credentials } = credentialsFolder({ folderMode, mode });
  expect(readAsCredential(path, credentials)).toBe(key.name);
});

test.skipIf(windows)(`what is no credential is judged as any key file${unix}`, () => {
  const { path, folder: credentials } = credentialsFolder();
  const refused = 'AUTH_FILE_TOO_OPEN';
  expect(readAsCredential(path, undefined)).toBe(refused);
  expect(readAsCredential(path, '')).toBe(refused);
  expect(readAsCredential(path, 'relative')).toBe(refused);
  expect(readAsCredential(path, folder)).toBe(refused);
  expect(readAsCredential(path, join(credentials, 'not-there'))).not.toBe(key.name);
  // Readable by everybody, or writable by the group, in the right folder.
  for (const mode of [0o444, 0o460, 0o450, 0o660, 0o604])
    expect(readAsCredential(keyFile({ mode, within: credentials }), credentials)).toBe(refused);
  // The folder itself is open.
  for (const folderMode of [0o555, 0o570, 0o770, 0o755, 0o777, 0o1777]) {
    const open = credentialsFolder({ folderMode });
    expect(readAsCredential(open.path, open.folder)).toBe(refused);
  }
  // Below the folder is not in it, and a link out of it leads out of it.
  const below = join(credentials, 'below');
  chmodSync(credentials, 0o700);
  mkdirSync(below, { mode: 0o550 });
  const outside = linkTo(keyFile({ mode: 0o440, within: folderOf(0o700) }));
  const inside = join(credentials, 'link');
  symlinkSync(outside, inside);
  expect(readAsCredential(keyFile({ mode: 0o440, within: below }), credentials)).toBe(refused);
  expect(readAsCredential(inside, credentials)).toBe(refused);
});

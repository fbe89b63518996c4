import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokenSource, generateKey } from '@feedtape/auth';
import { runJwtCommand } from '@feedtape/auth/cli';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { opensslVerifies, partsOf } from './openssl-verify.ts';
import { encodingsOf, leakFinder } from './secret-encodings.ts';

const { key, publicKey } = generateKey('ES256', { name: 'organizations/o/apiKeys/k' });
const other = generateKey('EdDSA').key;
const pem = key.privateKey.export({ format: 'pem', type: 'sec1' }).toString();
const json = JSON.stringify({ name: key.name, privateKey: pem });
const seed = other.privateKey.export({ format: 'jwk' }).d ?? '';
const leaksIn = leakFinder([...encodingsOf(key.privateKey), ...encodingsOf(other.privateKey)]);

let folder: string;
let path: Record<'json' | 'pem' | 'open' | 'broken' | 'otherKey', string>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'feedtape-jwt-'));
  const file = (name: string, content: string, mode = 0o600): string => {
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), mode);
    return join(folder, name);
  };
  path = {
    json: file('cdp_api_key.json', json),
    pem: file('key.pem', pem),
    open: file('open.json', json, 0o644),
    broken: file('broken.json', json.slice(0, 100)),
    otherKey: file('other.txt', seed),
  };
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function* bytes(input: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(input);
  for (let start = 0; start < all.length; start += 50) yield all.subarray(start, start + 50);
}

async function run(
  args: readonly string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string | Uint8Array } = {},
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await runJwtCommand(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    stdin: bytes(input),
    env,
  });
  return { code, stdout, stderr };
}

const environment = { COINBASE_API_KEY: key.name, COINBASE_API_SECRET: pem.replaceAll('\n', '\\n') };

test.for<[what: string, args: () => string[], given: Parameters<typeof run>[1]]>([
  ['a key document', () => ['--key-file', path.json], {}],
  ['a key document behind an equals sign', () => [`--key-file=${path.json}`], {}],
  ['a PEM file and a name', () => ['--key-file', path.pem, '--key-name', key.name], {}],
  ['standard input', () => ['--key-file', '-'], { input: json }],
  ['standard input in UTF-16', () => ['--key-file', '-'], { input: Buffer.from(`\uFEFF${json}`, 'utf16le') }],
  ['the environment', () => [], { env: environment }],
  [
    'the secret in the environment and a name',
    () => ['--key-name', key.name],
    { env: { COINBASE_API_SECRET: pem } },
  ],
])('with the key from %s it prints one line that exports a good token', async ([, args, given]) => {
  const { code, stdout, stderr } = await run(args(), given);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^export JWT=[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\n$/);
  const token = stdout.trim().slice('export JWT='.length);
  expect(partsOf(token).header).toMatchObject({ alg: 'ES256', kid: key.name });
  expect(opensslVerifies(token, publicKey)).toBe(true);
  expect(leaksIn(stdout)).toEqual([]);
});

test('--raw prints the bare token', async () => {
  const { code, stdout } = await run(['--raw', '--key-file', path.json]);
  expect(code).toBe(0);
  expect(opensslVerifies(stdout.trimEnd(), publicKey)).toBe(true);
  expect(stdout.indexOf('\n')).toBe(stdout.length - 1);
});

test('--skew-ms is subtracted from the clock', async () => {
  const { stdout } = await run(['--raw', '--key-file', path.json, '--skew-ms', '3600000']);
  const { nbf } = partsOf(stdout.trimEnd()).claims;
  expect(Number(nbf)).toBeLessThanOrEqual(Date.now() / 1000 - 3600);
  expect(Number(nbf)).toBeGreaterThan(Date.now() / 1000 - 3660);
  expect((await run(['--key-file', path.json, '--skew-ms=-5000'])).code).toBe(0);
});

test('a key file takes precedence over the environment', async () => {
  const { stdout } = await run(['--raw', '--key-file', path.otherKey, '--key-name', 'n'], {
    env: environment,
  });
  expect(partsOf(stdout.trimEnd()).header).toMatchObject({ alg: 'EdDSA', kid: 'n' });
});

test.for<[what: string, code: number, args: () => string[], given?: Parameters<typeof run>[1]]>([
  ['no key at all', 64, () => []],
  ['an empty environment', 64, () => [], { env: { COINBASE_API_KEY: '', COINBASE_API_SECRET: '' } }],
  ['a secret as an option', 64, () => ['--key-secret', seed]],
  ['a secret behind an equals sign', 64, () => [`--key-secret=${pem}`]],
  ['a private key as an option', 64, () => ['--private-key', pem]],
  ['a secret in place of a path', 64, () => ['--key-file', seed]],
  ['a PEM in place of a path', 64, () => ['--key-file', pem]],
  ['a key document in place of a path', 64, () => ['--key-file', json]],
  ['a secret in place of a name', 64, () => ['--key-file', path.pem, '--key-name', seed]],
  ['a bare secret', 64, () => [seed]],
  ['a bare key after --', 64, () => ['--', pem]],
  ['a secret as the name of an option', 64, () => [`--${seed}`]],
  ['a bare path', 64, () => [path.json]],
  ['a token as an argument', 64, () => ['--explain', 'eyJhbGciOiJFUzI1NiJ9.e30.aa']],
  ['an unknown option', 64, () => ['--verbose', '--key-file', path.json]],
  ['an unknown short option', 64, () => ['-x', '--key-file', path.json]],
  ['a prototype field as an option', 64, () => ['--constructor', '--key-file', path.json]],
  ['an option without its value', 64, () => ['--key-file']],
  ['an empty value', 64, () => ['--key-file', '']],
  ['a switch with a value', 64, () => ['--raw=yes', '--key-file', path.json]],
  ['a skew that is no number', 64, () => ['--skew-ms', '5s', '--key-file', path.json]],
  ['endless standard input', 64, () => ['--key-file', '-'], { input: 'A'.repeat(100_000) }],
  ['no such file', 74, () => ['--key-file', join(folder, 'absent.json')]],
  ['a path through a file', 74, () => ['--key-file', join(path.json, 'x')]],
  ['a folder', 77, () => ['--key-file', folder]],
  ['a file that others can read', 77, () => ['--key-file', path.open]],
  ['a broken key document', 77, () => ['--key-file', path.broken]],
  ['a PEM without a name', 77, () => ['--key-file', path.pem]],
  [
    'half a key on standard input',
    77,
    () => ['--key-file', '-', '--key-name', 'n'],
    { input: pem.slice(0, 90) },
  ],
  ['nothing on standard input', 77, () => ['--key-file', '-']],
  ['a name with a line break', 77, () => ['--key-file', path.pem, '--key-name', 'a\nexport X=1']],
  ['half a key in the environment', 78, () => [], { env: { COINBASE_API_SECRET: pem } }],
  [
    'a damaged secret in the environment',
    77,
    () => [],
    { env: { ...environment, COINBASE_API_SECRET: pem.slice(0, 90) } },
  ],
  [
    'name and secret swapped',
    77,
    () => [],
    { env: { COINBASE_API_KEY: pem, COINBASE_API_SECRET: key.name } },
  ],
])(
  '%s ends with exit code %i, a reason, and nothing on standard output',
  async ([, expected, args, given]) => {
    const { code, stdout, stderr } = await run(args(), given);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr.trim().length).toBeGreaterThan(20);
    expect(leaksIn(stderr)).toEqual([]);
  },
);

test('a secret on the command line is refused with the reason', async () => {
  expect((await run(['--key-secret=x'])).stderr).toContain('every user of this machine can read it');
});

test('an existing file whose path reads as base64 is taken as a path', async () => {
  const twin = join(folder, 'x'.repeat(Math.max(1, 42 - folder.length)));
  writeFileSync(twin, json, { mode: 0o600 });
  expect((await run(['--key-file', twin])).code).toBe(0);
});

test('the help goes to standard error, as eval reads standard output', async () => {
  const { code, stdout, stderr } = await run(['--help']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('--key-file FILE');
});

test('--explain prints the contents of a valid token', async () => {
  const token = await createTokenSource(key)();
  for (const input of [token, `${token}\n`, `export JWT=${token}\n`]) {
    const { code, stdout, stderr } = await run(['--explain', '--key-file', path.json], { input });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(`"kid":"${key.name}"`);
    expect(stderr).toContain('nothing to object to');
    expect(stderr).not.toContain(token.slice(token.lastIndexOf('.') + 1));
  }
});

test('--explain prints the objections to a token', async () => {
  const token = await createTokenSource(key, { skewMs: 500_000 })();
  const alone = await run(['--explain'], { input: token });
  expect(alone.code).toBe(77);
  expect(alone.stderr).toMatch(/expired: it expired 3[78]\d s ago/);
  const withOtherKey = await run(['--explain', '--key-file', path.otherKey], { input: token });
  expect(withOtherKey.stderr).toContain('wrong-signature');
  expect((await run(['--explain'], { input: 'not a token' })).stderr).toContain('not-a-token');
  expect((await run(['--explain', '--key-file', '-'], { input: token })).code).toBe(64);
});

test('--explain prints no control characters of a token', async () => {
  const { key: hostile } = generateKey('EdDSA');
  const token = await createTokenSource({ ...hostile, name: 'a\u001B[2J\u202E\u0007\n' })();
  const { stderr } = await run(['--explain'], { input: token });
  expect(stderr).toMatch(/^[\x20-\x7e\n]+$/);
});

test('standard input that can not be read ends with 74, without the message of the error', async () => {
  const stdin: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      throw Object.assign(new Error(`cannot read ${pem}`), { code: 'EISDIR' });
    },
  };
  let stderr = '';
  let stdout = '';
  const code = await runJwtCommand(['--key-file', '-'], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    stdin,
    env: {},
  });
  expect({ code, stdout }).toEqual({ code: 74, stdout: '' });
  expect(stderr).toContain('EISDIR at standard input');
  expect(leaksIn(stderr)).toEqual([]);
});

test('an error that is not ours ends with 70 and none of its message', async () => {
  let stderr = '';
  const code = await runJwtCommand(['--key-file', path.json], {
    stdout: {
      write: (line) => {
        throw new Error(`cannot write ${line} ${pem}`);
      },
    },
    stderr: { write: (text) => (stderr += text) },
    stdin: bytes(''),
    env: {},
  });
  expect({ code, stderr }).toEqual({ code: 70, stderr: 'unexpected Error\n' });
});

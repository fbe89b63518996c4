// @module-tag slow

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A key as it would look wherever it leaked: lines of the PEM, and its scalar in four encodings. */
function shapesOf(pem: string): string[] {
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' });
  const scalar = Buffer.from(d, 'base64url');
  const body = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  return [
    ...body,
    scalar.toString('hex'),
    scalar.toString('base64'),
    scalar.toString('base64url'),
    body.join('\\n'),
  ];
}

const contents = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n');

test(
  'no key and no token reaches an output, a capture or a metric, whatever goes wrong',
  { timeout: 120_000 },
  async () => {
    const exchange = start(['simulate']);
    onTestFinished(() => void exchange.child.kill('SIGKILL'));
    const said = await exchange.prints(/COINBASE_API_SECRET='[^']+'/u);
    const value = (name: string): string => new RegExp(`${name}='([^']+)'`, 'u').exec(said)?.[1] ?? '';
    const pem = value('COINBASE_API_SECRET');
    const keyFile = join(temporaryFolder(), 'cdp_api_key.json');
    writeFileSync(keyFile, JSON.stringify({ name: value('COINBASE_API_KEY'), privateKey: pem }), {
      mode: 0o600,
    });
    const url = value('FEEDTAPE_URL');
    const env = { NODE_DEBUG: 'tls,http,net', DEBUG: '*' };

    const outputs: string[] = [];
    const folders: string[] = [];
    const run = async (args: readonly string[]): Promise<void> => {
      const folder = temporaryFolder();
      folders.push(folder);
      const { stdout, stderr } = await feedtape(['record', '--out', folder, ...args], { env });
      outputs.push(stdout.toString(), stderr);
    };
    const signed = [
      '--key-file',
      keyFile,
      '-p',
      'BTC-USD',
      '-c',
      'ticker,user',
      '--include-private',
      '--duration',
      '2s',
    ];
    await run(['--url', url, ...signed]);
    // The key of another exchange, and nobody at home.
    writeFileSync(keyFile, JSON.stringify({ name: 'somebody/else', privateKey: pem }), { mode: 0o600 });
    await run(['--url', url, ...signed]);
    await run(['--url', 'ws://127.0.0.1:9', ...signed]);
    // A server that does not speak TLS, with everything in the log.
    await run([
      '--url',
      url.replace('ws:', 'wss:'),
      '--log-level',
      'debug',
      '--log-format',
      'json',
      ...signed,
    ]);

    const everything = [...outputs, ...folders.map(contents)].join('\n');
    expect(everything).toContain('"jwt":"[redacted]"');
    for (const shape of shapesOf(pem)) expect(everything.includes(shape)).toBe(false);
    // Every token starts like this: base64url of {"alg" or {"typ".
    expect(everything).not.toMatch(/eyJ[A-Za-z0-9_-]{20}/u);
  },
);

test.for([
  ['jwt', '--key-secret=MHcCAQEEIabc'],
  ['record', '--key-secret=MHcCAQEEIabc'],
  ['--key-secret=MHcCAQEEIabc', 'jwt'],
])('a key on the command line is refused and not repeated: %s %s', async (args) => {
  const { code, stderr, stdout } = await feedtape(args);
  expect(stderr).not.toContain('MHcCAQEEIabc');
  expect(stdout.toString()).toBe('');
  expect(code).toBe(64);
});

test('a key file that holds only the secret gets its name from --key-name', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const keyFile = join(temporaryFolder(), 'key.pem');
  writeFileSync(keyFile, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  const args = [
    'record',
    '-p',
    'BTC-USD',
    '--url',
    'ws://127.0.0.1:9',
    '--key-file',
    keyFile,
    '--duration',
    '1s',
    '--out',
    temporaryFolder(),
  ];
  const nameless = await feedtape(args);
  expect(nameless.stderr).toContain('The key has no name');
  expect(nameless.code).toBe(77);
  // The key is accepted; nobody listens at the address.
  expect((await feedtape([...args, '--key-name', 'organizations/a/apiKeys/b'])).code).toBe(69);
});

test('a key on standard input may be UTF-16, as PowerShell writes it', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const document = JSON.stringify({
    name: 'a',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
  const { code, stderr } = await feedtape(
    [
      'record',
      '-p',
      'BTC-USD',
      '--url',
      'ws://127.0.0.1:9',
      '--key-file',
      '-',
      '--duration',
      '1s',
      '--out',
      temporaryFolder(),
    ],
    { stdin: Buffer.from(`\u{feff}${document}`, 'utf16le') },
  );
  expect(stderr).not.toContain('AUTH_');
  expect(code).toBe(69);
});

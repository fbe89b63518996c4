import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTokenSource, generateKey } from '@feedtape/auth';
import { beforeAll, expect, test } from 'vitest';
import { called, type Called } from '../called.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A key as one copies it from somewhere, and a token of it. */
let secrets: readonly string[];
beforeAll(async () => {
  const ed25519 = generateKey('EdDSA').key;
  const p256 = generateKey('ES256').key;
  const { d = '', x = '' } = ed25519.privateKey.export({ format: 'jwk' });
  const pair = Buffer.concat([d, x].map((half) => Buffer.from(half, 'base64url')));
  secrets = [
    pair.toString('base64'),
    Buffer.from(d, 'base64url').toString('base64'),
    p256.privateKey.export({ format: 'der', type: 'sec1' }).toString('base64'),
    p256.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    await createTokenSource(p256)(),
  ];
});

function expectRefusal({ code, stdout, stderr }: Called, secret: string): void {
  expect(stderr).toContain('looks like a private key or a token');
  const pieces = Array.from({ length: Math.floor(secret.length / 16) }, (_, index) =>
    secret.slice(index * 16, index * 16 + 16),
  );
  for (const piece of pieces) expect(`${stdout}${stderr}`).not.toContain(piece);
  expect(code).toBe(64);
}

const VALUED = [
  '--product',
  '--channel',
  '--out',
  '--url',
  '--user-url',
  '--seed',
  '--key-file',
  '--key-name',
  '--duration',
  '--recovery',
  '--rotate-size',
  '--compress',
  '--keep-age',
  '--listen',
  '--allow-host',
  '--log-level',
  '--config',
] as const;

test('a secret in any place of the command line is refused and not repeated', async () => {
  for (const secret of secrets) {
    const lines: readonly (readonly string[])[] = [
      [secret],
      ['record', secret],
      ['record', `-k${secret}`],
      ['record', `-p${secret}`],
      ['record', `--key-secret=${secret}`],
      ['record', '--key-secret', secret],
      ['jwt', secret],
      ['jwt', `--key-file=${secret}`],
      ['verify', secret],
      ['export', 'x', '--out', secret],
      ['help', secret],
      ...VALUED.flatMap((option) => [
        ['record', option, secret],
        ['record', `${option}=${secret}`],
      ]),
    ];
    for (const line of lines) {
      const result = await called(line);
      expectRefusal(result, secret);
      expect([line[0] === secret, result.code]).toEqual([line[0] === secret, 64]);
    }
  }
});

test('the refusal names the place', async () => {
  const [secret = ''] = secrets;
  expect((await called(['record', '--key-name', secret])).stderr).toContain('the value of --key-name looks');
  expect((await called(['record', `--key-name=${secret}`])).stderr).toContain(
    'the value of --key-name looks',
  );
  expect((await called(['record', secret])).stderr).toContain('argument 2 looks');
});

test('a secret in the environment or in a configuration file is refused and not repeated', async () => {
  for (const secret of secrets) {
    for (const name of [
      'FEEDTAPE_URL',
      'FEEDTAPE_PRODUCT',
      'FEEDTAPE_KEY_FILE',
      'FEEDTAPE_OUT',
      'FEEDTAPE_DURATION',
    ]) {
      const result = await called(['record', '--dry-run'], { env: { [name]: secret } });
      expectRefusal(result, secret);
      expect(result.stderr).toContain(name);
    }
    for (const document of [
      { keyName: secret },
      { [secret]: true },
      { product: ['BTC-USD', secret] },
      { a: { b: [secret] } },
    ]) {
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, 'feedtape.config.json'), JSON.stringify(document));
      for (const args of [[], ['--config', 'feedtape.config.json']]) {
        const result = await called(['record', '--dry-run', ...args], { cwd });
        expectRefusal(result, secret);
        expect(result.stderr).toContain('feedtape.config.json');
      }
    }
  }
});

test('an address may hold a password and a key, and neither is repeated', async () => {
  const [, secret = ''] = secrets;
  const address = `wss://somebody:swordfish@exchange.example/feed?key=${encodeURIComponent(secret)}`;
  const args = ['record', '--dry-run', '-p', 'BTC-USD', '-c', 'ticker'];
  const fine = await called([...args, '--url', address], { cwd: temporaryFolder() });
  expect([fine.code, fine.stderr]).toEqual([0, '']);
  expect(fine.stdout).not.toContain('swordfish');
  for (const wrong of [
    address.replace('wss:', 'https:'),
    address.replace('wss://', 'wss//'),
    address.replace('wss', 'wsss'),
  ])
    for (const [line, env] of [
      [[...args, '--url', wrong.replace(/key=.*/u, 'key=opensesame')], {}],
      [args, { FEEDTAPE_URL: wrong.replace(/key=.*/u, 'key=opensesame') }],
    ] as const) {
      const { code, stderr } = await called(line, { cwd: temporaryFolder(), env });
      expect(stderr).toContain('not a WebSocket address');
      expect(stderr).not.toMatch(/swordfish|opensesame/u);
      expect(code).toBeGreaterThan(0);
    }
});

test('the error for an invalid value names the value once', async () => {
  const { code, stderr } = await called(['record', '--rotate-size', 'big'], { cwd: temporaryFolder() });
  expect(stderr).toContain(`option '--rotate-size <size>' is invalid. "big" is not a size`);
  expect(stderr.match(/big/gu)).toHaveLength(1);
  expect(code).toBe(64);
});

test('a document with excessive nesting is refused', async () => {
  const folder = temporaryFolder();
  const deep = join(folder, 'deep.json');
  writeFileSync(deep, '['.repeat(300_000) + ']'.repeat(300_000), { mode: 0o600 });
  const cyclic = join(folder, 'cyclic.mjs');
  writeFileSync(cyclic, 'const settings = {}; settings.product = settings; export default settings;', {
    mode: 0o600,
  });
  for (const path of [deep, cyclic]) {
    const { code, stderr } = await called(['record', '--simulate', '--dry-run', '--config', path]);
    expect(stderr).toContain('nested too deep');
    expect(code).toBe(78);
  }
});

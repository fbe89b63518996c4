// @module-tag slow

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startExchange } from '@feedtape/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const record = (url: string, folder: string, ...options: readonly string[]): readonly string[] => [
  'record',
  '-p',
  'BTC-USD',
  '-c',
  'ticker',
  '--url',
  url,
  '--out',
  folder,
  ...options,
];

test.for([
  ['ws:// to another machine', 'ws://203.0.113.1', {}, /--insecure-ws/u],
  [
    'wss:// with certificates that nobody verifies',
    'wss://localhost:9',
    { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    /NODE_TLS_REJECT_UNAUTHORIZED=0/u,
  ],
] as const)('%s is refused with 78 before there is a folder', async ([, url, env, message]) => {
  const folder = join(temporaryFolder(), 'captures');
  const { code, stderr } = await feedtape(record(url, folder), { env });
  expect(stderr).toMatch(message);
  expect(code).toBe(78);
  expect(existsSync(folder)).toBe(false);
});

const noOpenssl = spawnSync('openssl', ['version']).status !== 0;

/** A certificate for a name, signed by itself; paths of it and of its key. */
function certificateFor(name: string): { readonly cert: string; readonly key: string } {
  const folder = temporaryFolder();
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const { status, stderr } = spawnSync(
    'openssl',
    ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...names],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return { cert, key };
}

/** A feed behind TLS, which answers any subscription with an acknowledgement. */
async function secureFeed({ cert, key }: { cert: string; key: string }): Promise<string> {
  const server = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) =>
    socket.on('message', () => {
      const events = [{ subscriptions: { ticker: ['BTC-USD'], heartbeats: [] } }];
      socket.send(JSON.stringify({ channel: 'subscriptions', sequence_num: 0, events }));
    }),
  );
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `wss://localhost:${(server.address() as AddressInfo).port}`;
}

test('an untrusted certificate, or one for another host, is refused: exit 69', async ({ skip }) => {
  skip(noOpenssl, 'there is no openssl here to make certificates with');
  for (const name of ['localhost', 'example.com']) {
    const certificate = certificateFor(name);
    const url = await secureFeed(certificate);
    const env = name === 'localhost' ? {} : { NODE_EXTRA_CA_CERTS: certificate.cert };
    const { code, stderr, stdout } = await feedtape(record(url, temporaryFolder()), { env });
    expect([name, code]).toEqual([name, 69]);
    expect(stderr + stdout.toString()).toMatch(/CERT|certificate/iu);
  }
});

test('a certificate of a trusted authority is accepted', async ({ skip }) => {
  skip(noOpenssl, 'there is no openssl here to make certificates with');
  const certificate = certificateFor('localhost');
  const args = record(await secureFeed(certificate), temporaryFolder(), '--frames', '1', '--json');
  const { code, json } = await feedtape(args, { env: { NODE_EXTRA_CA_CERTS: certificate.cert } });
  expect(code).toBe(0);
  expect(json()).toMatchObject({ frames: 1 });
});

test('a diagnostic report of a running recorder holds no key of the environment', async () => {
  const exchange = await startExchange({ products: ['BTC-USD'], startAt: 'now' });
  onTestFinished(() => exchange.close());
  const [key] = exchange.keys;
  const reports = temporaryFolder();
  const running = start(record(exchange.url, temporaryFolder(), '-c', 'user', '--include-private'), {
    env: {
      COINBASE_API_KEY: key?.name ?? '',
      COINBASE_API_SECRET: key?.privateKeyPem ?? '',
      NODE_OPTIONS: `--report-on-signal --report-directory=${reports}`,
    },
  });
  onTestFinished(() => void running.child.kill('SIGKILL'));
  await running.says(/recording 1s/u);
  running.child.kill('SIGUSR2');
  await expect.poll(() => readdirSync(reports).length, { timeout: 20_000 }).toBe(1);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(0);
  const report = readFileSync(join(reports, readdirSync(reports)[0] ?? ''), 'utf8');
  expect(report).toContain('"environmentVariables"');
  const body = (key?.privateKeyPem ?? '').split('\n').filter((line) => !line.startsWith('-') && line !== '');
  expect(body.length).toBeGreaterThan(1);
  for (const line of body) expect(report).not.toContain(line);
});

const ip = (...args: readonly string[]): boolean => spawnSync('ip', args).status === 0;

/** Another machine, as far as the network can tell: a namespace of its own at the other end of a cable. */
function otherMachine(): { readonly ourAddress: string; run(program: string): string } | undefined {
  const name = `ft${process.pid}`;
  if (!ip('netns', 'add', name)) return undefined;
  onTestFinished(() => void ip('netns', 'delete', name));
  const made = [
    ['link', 'add', `${name}a`, 'type', 'veth', 'peer', 'name', `${name}b`, 'netns', name],
    ['address', 'add', '10.201.7.1/30', 'dev', `${name}a`],
    ['link', 'set', `${name}a`, 'up'],
    ['-n', name, 'address', 'add', '10.201.7.2/30', 'dev', `${name}b`],
    ['-n', name, 'link', 'set', `${name}b`, 'up'],
  ].every((args) => ip(...args));
  if (!made) return undefined;
  const run = (program: string): string =>
    spawnSync('ip', ['netns', 'exec', name, process.execPath, '--input-type=module', '-e', program], {
      encoding: 'utf8',
    }).stdout.trim();
  return { ourAddress: '10.201.7.1', run };
}

test('the status page is reachable from other machines only on request', async ({ skip }) => {
  const other = otherMachine();
  if (other === undefined) return skip('no network namespace may be made here');
  const asked = async (listen: string): Promise<string> => {
    const running = start(['record', '--simulate', '--out', temporaryFolder(), '--listen', listen]);
    onTestFinished(() => void running.child.kill('SIGKILL'));
    const said = await running.says(/status page: http:\S+\//u);
    const { port } = new URL(/http:\S+\//u.exec(said)?.[0] ?? '');
    const url = `http://${other.ourAddress}:${port}/healthz`;
    return other.run(
      `console.log(await fetch('${url}').then(({ status }) => status, ({ cause }) => cause.code))`,
    );
  };
  expect(await asked('0')).toBe('ECONNREFUSED');
  expect(await asked('0.0.0.0:0')).toBe('200');
});

test('the recorder refuses a key file that other users can read: 77', async ({ skip }) => {
  skip(process.platform === 'win32', 'Windows has no modes');
  const keyFile = join(temporaryFolder(), 'cdp_api_key.json');
  writeFileSync(keyFile, '{}', { mode: 0o644 });
  const args = record('ws://127.0.0.1:9', temporaryFolder(), '--key-file', keyFile);
  const { code, stderr } = await feedtape(args);
  expect(stderr).toMatch(/chmod|others/u);
  expect(code).toBe(77);
});

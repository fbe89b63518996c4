import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, createServer, type SecureVersion } from 'node:tls';
import { createWsTransport, nextItem, type FeedOptions, openFeed } from '@feedtape/client';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { HostileServer } from '../hostile/hostile-server.ts';

// An authority and certificates of our own, made for this run.
const CERTIFICATES = {
  good: { name: 'localhost', days: '2' },
  elsewhere: { name: 'example.com', days: '2' },
  expired: { name: 'localhost', days: '-1' },
} as const;
const { status } = spawnSync('openssl', ['version']);
const noOpenssl = status !== 0;
const WHY = 'there is no openssl here to make certificates with';

let folder = '';
const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');

function openssl(...args: readonly string[]): void {
  const result = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'feedtape-tls-'));
  if (noOpenssl) return;
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=authority',
    '-days',
    '2',
  );
  openssl('req', '-new', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server');
  for (const [file, { name, days }] of Object.entries(CERTIFICATES)) {
    writeFileSync(join(folder, 'extensions'), `subjectAltName=DNS:${name}`);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'extensions'];
    openssl('x509', '-req', '-in', 'server.csr', ...by, '-days', days, '-out', `${file}.pem`);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

const serve = (
  certificate: keyof typeof CERTIFICATES,
  tls: { readonly minVersion?: SecureVersion; readonly maxVersion?: SecureVersion; ciphers?: string } = {},
): Promise<HostileServer> =>
  HostileServer.start(
    (socket, accept) => void socket.write(accept),
    (listener) => createServer({ key: pem('server.key'), cert: pem(`${certificate}.pem`), ...tls }, listener),
  );

const options = (server: HostileServer, more: Partial<FeedOptions> = {}): FeedOptions => ({
  url: `wss://localhost:${server.port}`,
  subscriptions: [{ channel: 'ticker', productIds: ['BTC-USD'] }],
  ...more,
});

test('a certificate of the given authority is accepted', async ({ skip }) => {
  skip(noOpenssl, WHY);
  await using server = await serve('good');
  await using feed = openFeed(options(server, { transport: createWsTransport({ ca: pem('ca.pem') }) }));
  expect(await nextItem(feed, 'connected')).toMatchObject({ connection: 0 });
});

test.for([
  ['expired', 'expired', true, 'CERT_HAS_EXPIRED'],
  ['for another host', 'elsewhere', true, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['of an authority nobody knows', 'good', false, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
] as const)(
  'a certificate %s is refused, and the feed stops',
  async ([, certificate, trusted, errorCode], { skip }) => {
    skip(noOpenssl, WHY);
    await using server = await serve(certificate);
    const feed = openFeed(
      options(server, trusted ? { transport: createWsTransport({ ca: pem('ca.pem') }) } : {}),
    );
    await expect(feed.consume(() => {})).rejects.toMatchObject({
      code: 'CLIENT_GAVE_UP',
      details: { errorCode },
    });
  },
);

test('an environment that turns verification off, and an agent that does, are refused', async ({ skip }) => {
  skip(noOpenssl, WHY);
  await using server = await serve('good');
  const careless = new Agent({ rejectUnauthorized: false });
  expect(() => openFeed(options(server, { transport: createWsTransport({ agent: careless }) }))).toThrow(
    expect.objectContaining({ code: 'CLIENT_INSECURE' }),
  );
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  expect(() => openFeed(options(server))).toThrow(expect.objectContaining({ code: 'CLIENT_INSECURE' }));
});

test.for([
  ['ws://example.com', 'CLIENT_INSECURE'],
  ['ws://10.0.0.1', 'CLIENT_INSECURE'],
  ['ws://127.0.0.1.example.com', 'CLIENT_INSECURE'],
  ['ws://[::2]', 'CLIENT_INSECURE'],
  ['http://127.0.0.1', 'CLIENT_OPTION_INVALID'],
  ['not a url', 'CLIENT_OPTION_INVALID'],
  ['wss://example.com/#fragment', 'CLIENT_OPTION_INVALID'],
] as const)('%s is refused: %s', ([url, code]) => {
  expect(() => openFeed({ url, subscriptions: [] })).toThrow(expect.objectContaining({ code }));
  const transport = createWsTransport({ skipUtf8Validation: true });
  expect(() => openFeed({ url, subscriptions: [], transport })).toThrow(expect.objectContaining({ code }));
});

test.for([
  ['ws://localhost', false],
  ['ws://127.0.0.1:1', false],
  ['ws://[::1]:1', false],
  ['wss://example.com', false],
  ['ws://example.com', true],
] as const)('%s is connected to (allowInsecure: %s)', async ([url, allowInsecure]) => {
  // Nothing is wanted, so nothing is dialled.
  await openFeed({ url, subscriptions: [], allowInsecure }).close();
  expect.assertions(0);
});

/** Agents that bring TLS options of their own, each of which turns one check off. */
const careless = {
  'accepts any host': (): Agent => new Agent({ ca: pem('ca.pem'), checkServerIdentity: () => undefined }),
  'turns verification off where nobody looks': (): Agent =>
    Object.assign(new Agent({ ca: pem('ca.pem') }), {
      createConnection: (connectOptions: ConnectionOptions) =>
        connectTls({ ...connectOptions, rejectUnauthorized: false }),
    }),
};

test.for(Object.entries(careless))(
  'an agent that %s connects to no other host, and sends it nothing',
  async ([, agent], { skip }) => {
    skip(noOpenssl, WHY);
    await using server = await serve('elsewhere');
    const feed = openFeed(options(server, { transport: createWsTransport({ agent: agent() }) }));
    await expect(feed.consume(() => {})).rejects.toMatchObject({
      code: 'CLIENT_GAVE_UP',
      details: { errorCode: expect.stringMatching(/^ERR_TLS/u) },
    });
  },
);

test('an agent that allows TLS 1.1 does not get a connection over it', async ({ skip }) => {
  skip(noOpenssl, WHY);
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
  await using server = await serve('good', old);
  const agent = new Agent({ ca: pem('ca.pem'), ...old });
  const feed = openFeed(options(server, { transport: createWsTransport({ agent }) }));
  await expect(feed.consume(() => {})).rejects.toMatchObject({
    code: 'CLIENT_GAVE_UP',
    details: { errorCode: 'ERR_TLS_PROTOCOL' },
  });
});

test('an agent that allows ciphers without encryption does not get a connection over one', async ({
  skip,
}) => {
  skip(noOpenssl, WHY);
  const open = { maxVersion: 'TLSv1.2', ciphers: 'eNULL:@SECLEVEL=0' } as const;
  await using server = await serve('good', open);
  const agent = new Agent({ ca: pem('ca.pem'), ...open });
  const feed = openFeed(options(server, { transport: createWsTransport({ agent }) }));
  await expect(feed.consume(() => {})).rejects.toMatchObject({
    code: 'CLIENT_GAVE_UP',
    details: { errorCode: 'ERR_TLS_CIPHER' },
  });
});

test('an agent that verifies certificates is accepted', async ({ skip }) => {
  skip(noOpenssl, WHY);
  await using server = await serve('good');
  await using feed = openFeed(
    options(server, { transport: createWsTransport({ agent: new Agent({ ca: pem('ca.pem') }) }) }),
  );
  expect(await nextItem(feed, 'connected')).toMatchObject({ connection: 0 });
});

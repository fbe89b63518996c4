import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { parseListenAddress } from '#status/server/listen-address';
import { createRecordingStatus, type RecordingStatus } from '#status/model/recording-status';
import { startStatusServer, type StatusServer, type StatusServerOptions } from '#status/server/status-server';
import { connected, gap, subscribed, watchedWriter } from '../feed-items.ts';

const open: StatusServer[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(
  options: Partial<StatusServerOptions> = {},
): Promise<{ server: StatusServer; status: RecordingStatus; url: URL }> {
  const status = createRecordingStatus({ startedAt: performance.now(), books: true });
  const server = await startStatusServer({
    listen: { host: '127.0.0.1', port: 0 },
    status,
    version: '1.2.3',
    ...options,
  });
  open.push(server);
  return { server, status, url: new URL(server.url) };
}

interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A request whose headers are entirely ours; `fetch` does not let us forge a Host. */
const ask = (
  url: URL,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      { host: url.hostname.replaceAll(/[[\]]/gu, ''), port: url.port, path, agent: false, ...options },
      (incoming) => {
        let body = '';
        incoming.setEncoding('utf8').on('data', (text: string) => (body += text));
        incoming.on('end', () =>
          resolve({ code: incoming.statusCode ?? 0, headers: incoming.headers, body }),
        );
      },
    );
    outgoing.on('error', reject).end();
  });

const PATHS = ['/', '/page.css', '/lib/uplot.js', '/status.json', '/metrics', '/healthz', '/readyz'];

test.for(PATHS)('%s is answered with the security headers', async (path) => {
  const { url } = await serve();
  const { code, headers } = await ask(url, path);
  expect([200, 503]).toContain(code);
  expect(headers).toMatchObject({
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  });
  expect(headers['content-security-policy']).not.toContain('unsafe');
  expect(headers).not.toHaveProperty('access-control-allow-origin');
});

test.for(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'])('%s is not allowed', async (method) => {
  const { url } = await serve();
  for (const path of ['/', '/metrics', '/events', '/nothing']) {
    const { code, headers } = await ask(url, path, { method });
    expect([path, code, headers['allow']]).toEqual([path, 405, 'GET']);
  }
});

test.for([
  'evil.example',
  'evil.example:8787',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '10.1.2.3',
  '[::2]',
  'a b',
  '@127.0.0.1',
])('a request for the host "%s" is refused: DNS rebinding', async (host) => {
  const { url } = await serve();
  for (const path of ['/', '/status.json', '/events', '/metrics', '/healthz'])
    expect([path, (await ask(url, path, { headers: { host } })).code]).toEqual([path, 403]);
});

test.for(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]', '127.0.0.1:9999', 'recorder.example'])(
  'a request for the host "%s" is answered: loopback under any port, and names that were allowed',
  async (host) => {
    const { url } = await serve({ allowedHosts: ['recorder.example'] });
    expect((await ask(url, '/status.json', { headers: { host } })).code).toBe(200);
  },
);

test('more than 8 KiB of headers are refused', async () => {
  const { url } = await serve();
  expect((await ask(url, '/', { headers: { 'x-filler': 'x'.repeat(9000) } })).code).toBe(431);
  expect((await ask(url, '/', { headers: { 'x-filler': 'x'.repeat(7000) } })).code).toBe(200);
});

test.for([
  '/nothing',
  '/../package.json',
  '/..%2f..%2fpackage.json',
  '//etc/passwd',
  '/page.css/',
  '/__proto__',
  '/constructor',
])('there is nothing at %s', async (path) => {
  const { url } = await serve();
  expect((await ask(url, path)).code).toBe(404);
});

/** The first line of the answer to bytes of our own making. */
const answerTo = (url: URL, bytes: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(url.port), url.hostname, () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.on('close', () => resolve(text.split('\r\n')[0]));
  });

test('invalid requests and requests without a host are refused, and the server continues', async () => {
  const { url } = await serve();
  expect(await answerTo(url, 'nonsense\r\n\r\n')).toBe('HTTP/1.1 400 Bad Request');
  expect(await answerTo(url, 'GET / HTTP/1.1\r\n\r\n')).toBe('HTTP/1.1 400 Bad Request');
  expect(await answerTo(url, 'GET / HTTP/1.0\r\n\r\n')).toBe('HTTP/1.1 403 Forbidden');
  expect((await ask(url, '/healthz')).code).toBe(200);
});

/** Sockets that begin a request and never finish it; `ended` counts those that the server closed. */
async function slowSockets(url: URL, count: number): Promise<{ ended: () => number; close: () => void }> {
  let ended = 0;
  const sockets = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(Number(url.port), url.hostname);
      socket
        .on('error', () => undefined)
        .on('close', () => (ended += 1))
        .resume();
      await once(socket, 'connect');
      socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
      return socket;
    }),
  );
  return { ended: () => ended, close: () => sockets.forEach((socket) => socket.destroy()) };
}

test('sockets that never finish a request do not keep others out', async () => {
  const { url } = await serve();
  const slow = await slowSockets(url, 200);
  expect((await ask(url, '/healthz')).code).toBe(200);
  expect(slow.ended()).toBeGreaterThanOrEqual(200 - 64);
  slow.close();
});

test('sockets that never read their answers do not keep others out, and get one answer each', async () => {
  const status = createRecordingStatus({ startedAt: performance.now(), books: true });
  // More than the buffers of the system take.
  const padding = 'x'.repeat(5 * 1024 * 1024);
  let looks = 0;
  const { url } = await serve({
    status: {
      history: (...when) => status.history(...when),
      snapshot(...times) {
        looks += 1;
        return Object.assign({}, status.snapshot(...times), { padding });
      },
    },
  });
  const sockets = await Promise.all(
    Array.from({ length: 64 }, async () => {
      const socket = connect(Number(url.port), url.hostname).on('error', () => undefined);
      await once(socket, 'connect');
      socket.pause().write('GET /status.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(100));
      return socket;
    }),
  );
  await expect.poll(() => looks, { timeout: 25_000 }).toBe(64);
  expect((await ask(url, '/page.css')).code).toBe(200);
  expect(looks).toBe(64);
  for (const socket of sockets) socket.destroy();
});

/** A socket of a client that ends only when the server ends it. */
async function openSocket(url: URL): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname).on('error', () => undefined);
  await once(socket, 'connect');
  return socket.resume();
}

/** Also after an error. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.on('close', () => resolve()));

test('of pipelined requests only the first of a socket is parsed', async () => {
  const { url } = await serve();
  let parsed = 0;
  const count = (): void => void (parsed += 1);
  subscribe('http.server.request.start', count);
  const sockets = await Promise.all(Array.from({ length: 16 }, () => openSocket(url)));
  const ended = sockets.map(closed);
  for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20_000));
  await Promise.all(ended);
  unsubscribe('http.server.request.start', count);
  expect(parsed).toBe(16);
});

test.for([
  ['an empty line', '\r\n\r\n'],
  ['what follows an upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
  ['what follows CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['what follows a refused expectation', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: x\r\n\r\n'],
  ['a body', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'],
])('%s opens no way to send more', async ([, head]) => {
  const { url } = await serve();
  let parsed = 0;
  const count = (): void => void (parsed += 1);
  subscribe('http.server.request.start', count);
  const socket = await openSocket(url);
  const ended = closed(socket);
  socket.write(head + '1\r\nx\r\n'.repeat(20_000) + '0\r\n\r\n');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2000));
  await ended;
  unsubscribe('http.server.request.start', count);
  expect(parsed).toBeLessThanOrEqual(1);
});

test('a viewer that keeps sending is disconnected', async () => {
  const { url } = await serve();
  const socket = await openSocket(url);
  const ended = closed(socket);
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
  let sent = 0;
  const send = (): void => {
    while (!socket.destroyed && sent < 64 * 1024 * 1024) {
      sent += 16 * 1024;
      if (!socket.write('\r\n'.repeat(8 * 1024))) return void socket.once('drain', send);
    }
  };
  send();
  await ended;
  // What the buffers of the system take, and not all of it.
  expect(sent).toBeLessThan(32 * 1024 * 1024);
});

test('headers that take longer than five seconds end the socket within two more', async () => {
  const { url } = await serve();
  const slow = await slowSockets(url, 5);
  await expect.poll(slow.ended, { timeout: 7_500, interval: 100 }).toBe(5);
});

test('a viewer stays while others open more sockets than there may be', async () => {
  const { url } = await serve({ everyMs: 20 });
  let events = 0;
  const viewer = request({ host: url.hostname, port: url.port, path: '/events', agent: false });
  viewer.on('response', (response) => response.on('data', () => (events += 1))).end();
  await expect.poll(() => events).toBeGreaterThan(0);
  const slow = await slowSockets(url, 200);
  const before = events;
  await expect.poll(() => events).toBeGreaterThan(before + 2);
  viewer.destroy();
  slow.close();
});

test('it listens on loopback unless told otherwise', () => {
  expect(parseListenAddress('8787')).toEqual({ host: '127.0.0.1', port: 8787 });
  expect(parseListenAddress('127.0.0.1:0')).toEqual({ host: '127.0.0.1', port: 0 });
  expect(parseListenAddress('[::1]:8787')).toEqual({ host: '::1', port: 8787 });
  expect(parseListenAddress('0.0.0.0:80')).toEqual({ host: '0.0.0.0', port: 80 });
  for (const wrong of [
    '',
    ':80',
    'x',
    '1.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:99999',
    '::1:80',
    'http://x:80',
    'a b:80',
  ])
    expect([wrong, parseListenAddress(wrong)]).toEqual([wrong, undefined]);
});

const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal);

test('the server listens on no address of other interfaces', async ({ skip }) => {
  if (outside === undefined) return skip('this machine has no address but loopback');
  const { url } = await serve();
  const { address } = outside;
  await expect(ask(new URL(`http://${address}:${url.port}/`), '/healthz')).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
});

test('every file of the page is served, under its own type', async () => {
  const { url } = await serve();
  const page = new URL('../../../page/', import.meta.url);
  const files = readdirSync(page, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(?:js|css|svg)$/u.test(name),
  );
  expect(files.length).toBeGreaterThan(15);
  for (const file of files) {
    const { code, headers } = await ask(url, `/${file}`);
    const type = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' }[file.split('.')[1] ?? ''];
    expect([file, code, headers['content-type']]).toEqual([file, 200, expect.stringContaining(type ?? '?')]);
  }
});

test('a port in use rejects', async () => {
  const { url } = await serve();
  const listen = { host: '127.0.0.1', port: Number(url.port) };
  await expect(serve({ listen })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('/status.json is the snapshot', async () => {
  const { url, status } = await serve();
  status.observe(connected(0, performance.now()));
  const { body, headers } = await ask(url, '/status.json');
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect(JSON.parse(body)).toMatchObject({
    totals: { connections: 1 },
    connections: [{ connection: 0, phase: 'open' }],
  });
});

test('/readyz lists reasons, and is ready once everything subscribed arrives', async () => {
  const { url, status } = await serve();
  const ready = async (): Promise<[number, unknown]> => {
    const { code, body } = await ask(url, '/readyz');
    return [code, JSON.parse(body)];
  };
  expect(await ready()).toEqual([503, { status: 'unavailable', reasons: ['no connection is open'] }]);
  status.observe(connected(0, performance.now()));
  expect(await ready()).toEqual([
    503,
    { status: 'unavailable', reasons: ['no subscription has been acknowledged yet'] },
  ]);
  status.observe(subscribed(0, performance.now(), ['BTC-USD']));
  expect(await ready()).toEqual([200, { status: 'ok', reasons: [] }]);
  status.observe(subscribed(0, performance.now(), ['BTC-USD'], ['BTC-USDD']));
  expect(await ready()).toEqual([
    503,
    { status: 'unavailable', reasons: ['not acknowledged: level2 BTC-USDD'] },
  ]);
  status.observe(subscribed(0, performance.now(), ['BTC-USD', 'BTC-USDD']));
  expect(await ready()).toEqual([200, { status: 'ok', reasons: [] }]);
  const writer = watchedWriter({ state: 'disk-full', dropped: 3 });
  status.attachWriter(writer);
  expect(await ready()).toEqual([
    503,
    { status: 'unavailable', reasons: [expect.stringContaining('the disk is full')] },
  ]);
  expect((await ask(url, '/healthz')).code).toBe(200);
  writer.stats = { ...writer.stats, state: 'failed' };
  status.observeCapture({ kind: 'failed', error: new Error('EIO') }, performance.now());
  expect(await ask(url, '/healthz')).toMatchObject({
    code: 503,
    body: '{"status":"unavailable","reasons":["EIO"]}',
  });
});

interface ServerSentEvent {
  readonly event: string;
  readonly data: { readonly snapshot: { readonly at: number; readonly totals: { readonly gaps: number } } };
}

/** Reads events until one is what is waited for; asks once about each. */
async function eventually(
  url: URL,
  wanted: (event: ServerSentEvent) => boolean,
): Promise<readonly ServerSentEvent[]> {
  const seen: ServerSentEvent[] = [];
  const { body } = await fetch(new URL('/events', url));
  let text = '';
  for await (const chunk of body ?? []) {
    text += new TextDecoder().decode(chunk);
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data = ''] = /^event: (.*)\ndata: (.*)$/u.exec(block) ?? [];
      if (event === undefined) continue;
      const next = { event, data: JSON.parse(data) as ServerSentEvent['data'] };
      seen.push(next);
      if (wanted(next)) return seen;
    }
  }
  throw new Error(`the stream ended after ${seen.length} events`);
}

test('/events starts with the history and continues with two snapshots per second', async () => {
  const { url, status } = await serve();
  const seen = await eventually(url, ({ event, data }) => {
    if (event === 'history') status.observe(gap(0, performance.now(), 3));
    return event === 'status' && data.snapshot.totals.gaps === 1;
  });
  expect(seen.map(({ event }) => event)).toEqual(['history', 'status', 'status']);
  const [before = 0, after = Infinity] = seen.slice(1).map(({ data }) => data.snapshot.at);
  // Half a second, and room for a machine that has other things to do.
  expect(after - before).toBeGreaterThan(400);
  expect(after - before).toBeLessThan(2500);
});

test('sixteen viewers are allowed; further ones get 503 until one leaves', async () => {
  const { url } = await serve();
  const controller = new AbortController();
  const watch = (): Promise<Response> => fetch(new URL('/events', url), { signal: controller.signal });
  const watching = await Promise.all(Array.from({ length: 16 }, watch));
  expect(watching.every(({ status }) => status === 200)).toBe(true);
  expect((await watch()).status).toBe(503);
  controller.abort();
  await expect.poll(async () => (await fetch(new URL('/events', url))).status, { timeout: 10_000 }).toBe(200);
});

test('an error in the status gives 500, and the server continues', async () => {
  let broken = false;
  const status = createRecordingStatus({ startedAt: performance.now() });
  const fragile = {
    ...status,
    snapshot(now: number, wall: number) {
      if (broken) throw new Error('broken on purpose');
      return status.snapshot(now, wall);
    },
  };
  const { url } = await serve({ status: fragile });
  const viewer = await fetch(new URL('/events', url));
  broken = true;
  for (const path of ['/status.json', '/metrics', '/readyz', '/events'])
    expect(await ask(url, path)).toMatchObject({ code: 500, body: 'Error: broken on purpose\n' });
  await expect(viewer.text()).rejects.toThrow('terminated');
  broken = false;
  expect((await ask(url, '/status.json')).code).toBe(200);
});

test('closing ends the streams', async () => {
  const { server, url } = await serve();
  const { body } = await fetch(new URL('/events', url));
  const all = (async () => {
    let chunks = 0;
    for await (const _ of body ?? []) chunks += 1;
    return chunks;
  })();
  await server.close();
  expect(await all).toBeGreaterThan(0);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

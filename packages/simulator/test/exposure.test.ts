// What the servers of ours give away, and to whom: programs on this machine, never a page in a browser.
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWriter } from '@feedtape/capture/node';
import { type Fault, startExchange, type StartOptions } from '@feedtape/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, dial, subscribe } from './bare-client.ts';
import { makeToken } from './conversation.ts';

const SECRET = '1b4e28ba-2fa1-11d2-883f-0016d3cca427';
const TIMESTAMP = '2026-09-30T02:39:53.1Z';
let folder = '';

/** Two connections: 0 is public, 1 holds the orders of a user behind an acknowledgement. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'feedtape-exposure-'));
  const writer = await openWriter({ folder, url: 'wss://example.invalid', fsync: 'never' });
  const frame = (connection: number, number: number, channel: string, event: object): void => {
    const message = { channel, timestamp: TIMESTAMP, sequence_num: number, events: [event] };
    writer.frame(connection, Buffer.from(JSON.stringify(message)), performance.now());
  };
  frame(0, 0, 'subscriptions', { subscriptions: { heartbeats: ['heartbeats'] } });
  frame(0, 1, 'heartbeats', { current_time: TIMESTAMP, heartbeat_counter: 1 });
  frame(1, 0, 'subscriptions', { subscriptions: { heartbeats: ['heartbeats'], user: [SECRET] } });
  frame(1, 1, 'heartbeats', { current_time: TIMESTAMP, heartbeat_counter: 1 });
  frame(1, 2, 'user', { type: 'snapshot', orders: [{ order_id: SECRET }] });
  await writer.close();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const replaying = (options: StartOptions = {}): StartOptions => ({
  capture: folder,
  captureMode: 'connections',
  speed: 'max',
  timings: { intakeMs: 5 },
  ...options,
});

test('a recorded connection with private frames is replayed only with a valid token', async () => {
  await using exchange = await startExchange(replaying());
  await using open = await connect(exchange.url);
  open.send(subscribe('heartbeats'));
  await open.closed;
  expect(open.frames).toHaveLength(2);

  await using stranger = await connect(exchange.url);
  stranger.send(subscribe('heartbeats'));
  const [refusal] = await stranger.until(1);
  expect(refusal?.text).toBe('{"type":"error","message":"authentication failure"}');
  const [key] = exchange.keys;
  stranger.send(subscribe('heartbeats', undefined, key && makeToken(key, Date.now())));
  await stranger.closed;
  expect(stranger.frames.slice(1)).toHaveLength(3);
});

test.for([
  `{"timestamp":"${'9'.repeat(600)}","channel":"user","events":[{"order_id":"${SECRET}"}]}`,
  `{"events":[{"order_id":"${SECRET}"}],"channel":"user"}`,
  `{"channel":"\\u0075ser","timestamp":"${TIMESTAMP}","events":[{"order_id":"${SECRET}"}]}`,
  `{"channel":"heartbeats","timestamp":"${TIMESTAMP}","events":[{"order_id":"${SECRET}"}],"channel":"user"}`,
])('a private frame in an unusual spelling needs a token too: %s', async (text) => {
  const odd = await mkdtemp(join(tmpdir(), 'feedtape-exposure-'));
  const writer = await openWriter({ folder: odd, url: 'wss://example.invalid', fsync: 'never' });
  writer.frame(0, Buffer.from(text), performance.now());
  await writer.close();
  await using exchange = await startExchange(replaying({ capture: odd }));
  await using stranger = await connect(exchange.url);
  stranger.send(subscribe('heartbeats'));
  const [answer] = await stranger.until(1);
  expect(answer?.text).toBe('{"type":"error","message":"authentication failure"}');
  await rm(odd, { recursive: true });
});

test('merged: frames of the user go to a subscription of the user, which needs a token', async () => {
  await using exchange = await startExchange(replaying({ captureMode: 'merged' }));
  await using stranger = await connect(exchange.url);
  stranger.send(subscribe('heartbeats'));
  stranger.send(subscribe('user'));
  await stranger.closed;
  expect(stranger.frames.map(({ text }) => text).join()).not.toContain(SECRET);
});

const plain = (channel: string): string =>
  `{"channel":"${channel}","timestamp":"${TIMESTAMP}","sequence_num":1,"events":[{"type":"update","product_id":"BTC-USD","note":"a \\u0026 b"}]}`;
const ORDERS = `"events":[{"type":"snapshot","orders":[{"order_id":"${SECRET}"}]}]`;

test.for([
  `{"channel":"ticker","channel":"user","timestamp":"${TIMESTAMP}",${ORDERS}}`,
  `{"channel":"ticker","timestamp":"${TIMESTAMP}",${ORDERS},"channel":"user"}`,
  `{"channel":"ticker","timestamp":"${TIMESTAMP}",${ORDERS},"channel":"user","channel":"ticker"}`,
  `{"channel":"ticker","timestamp":"${TIMESTAMP}",${ORDERS},"channel":"us\\u0065r"}`,
  `{"channel":"ticker","timestamp":"${TIMESTAMP}",${ORDERS},"ch\\u0061nnel" : "\\u0075ser"}`,
  `{"channel":"ticker","timestamp":"${TIMESTAMP}",${ORDERS},"channel":"futures_balance_summary"}`,
  `{"channel":"heartbeats","channel":"user","timestamp":"${TIMESTAMP}",${ORDERS}}`,
])(
  'merged: a frame that any JSON parser could read as private reaches no public channel: %s',
  async (text) => {
    const odd = await mkdtemp(join(tmpdir(), 'feedtape-exposure-'));
    const writer = await openWriter({ folder: odd, url: 'wss://example.invalid', fsync: 'never' });
    for (const line of [plain('ticker'), text, plain('ticker'), plain('heartbeats')])
      writer.frame(0, Buffer.from(line), performance.now());
    await writer.close();
    await using exchange = await startExchange(replaying({ capture: odd, captureMode: 'merged' }));
    await using stranger = await connect(exchange.url);
    stranger.send(subscribe('ticker', ['BTC-USD']));
    stranger.send(subscribe('heartbeats'));
    await stranger.closed;
    const frames = stranger.frames.map((frame) => frame.text);
    expect(frames.join()).not.toContain(SECRET);
    expect(frames.filter((frame) => frame.includes('"note"'))).toHaveLength(3);
    await rm(odd, { recursive: true });
  },
);

test.for([
  ['Origin', 'https://attacker.example'],
  ['Origin', 'null'],
  ['Origin', 'http://localhost:3000'],
  ['Host', 'attacker.example'],
  ['Host', '127.0.0.1.attacker.example:80'],
] as const)('an upgrade with %s: %s is refused', async ([name, value]) => {
  await using exchange = await startExchange(replaying());
  await using client = dial(exchange.url, { headers: { [name]: value } });
  const refused = await new Promise((resolve) => {
    client.webSocket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    client.webSocket.on('open', () => resolve('opened'));
  });
  expect(refused).toBe(403);
});

test('a page in a browser does not read the keys of the exchange', async () => {
  await using exchange = await startExchange(replaying());
  const headers = { Origin: 'https://attacker.example' };
  const status = await new Promise((resolve, reject) => {
    request({ port: exchange.port, host: '127.0.0.1', path: '/control/keys', headers })
      .on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
});

test('another user of this machine gets neither the keys of a replay nor its frames over HTTP', async () => {
  await using exchange = await startExchange(replaying({ ledger: { bytes: true } }));
  const [key] = exchange.keys;
  await using owner = await connect(exchange.url);
  await using second = await connect(exchange.url);
  owner.send(subscribe('heartbeats'));
  second.send(subscribe('heartbeats', undefined, key && makeToken(key, Date.now())));
  await second.closed;
  expect(second.frames.map(({ text }) => text).join()).toContain(SECRET);

  const paths = ['keys', 'faults', 'ledger', 'ledger/0', 'ledger/1'];
  const answers = await Promise.all(
    paths.map(async (path) => (await fetch(`http://127.0.0.1:${exchange.port}/control/${path}`)).text()),
  );
  const quoted = [SECRET, Buffer.from(SECRET).toString('base64').slice(4, 40), 'PRIVATE KEY'];
  const bytes = exchange.ledger.connections[1]?.frames.map((entry) =>
    entry.kind === 'sent' ? Buffer.from(entry.bytes ?? []).toString('base64') : '',
  );
  expect(bytes).toHaveLength(3);
  for (const text of [...quoted, ...(bytes ?? [])]) expect(answers.join('\n')).not.toContain(text);
  expect(answers[4]).toContain('"channel":"user"');
});

const EXCESSIVE: readonly unknown[] = [
  { kind: 'huge', bytes: 2e9 },
  { kind: 'duplicate', copies: 1e9 },
  { kind: 'drip', bytesPerSecond: 1e9 },
  { kind: 'delay', ms: 1e300 },
  { kind: 'silence', ms: Infinity },
  { kind: 'close', code: 1001, reason: 'x'.repeat(124) },
  { kind: 'close-on-accept', reason: '€'.repeat(42) },
  { kind: 'clock-skew', ms: 1e300 },
  { kind: 'handshake', status: 429, retryAfterSeconds: 1e300 },
];

test.for(EXCESSIVE)('a fault that would end the exchange is refused: %j', async (fault) => {
  await using exchange = await startExchange();
  const body = JSON.stringify({ fault });
  const headers = { 'Content-Type': 'application/json' };
  const url = `http://127.0.0.1:${exchange.port}/control/inject`;
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(400);
  await expect(startExchange({ faults: [{ fault: fault as Fault }] })).rejects.toMatchObject({
    code: 'SIMULATOR_FAULT_INVALID',
  });
});

const LARGEST: readonly Fault[] = [
  { kind: 'huge', bytes: 64 * 1024 * 1024 },
  { kind: 'duplicate', copies: 1_000 },
  { kind: 'drip', bytesPerSecond: 1_000_000 },
  { kind: 'delay', ms: 2 ** 31 - 1 },
  { kind: 'close', code: 4999, reason: 'x'.repeat(123) },
  { kind: 'clock-skew', ms: -8_640_000_000_000_000 },
  { kind: 'missing-trades', count: Number.MAX_SAFE_INTEGER },
  { kind: 'truncate', bytes: Number.MAX_SAFE_INTEGER },
];

test.for(LARGEST)('the exchange goes on after the largest of a kind: %j', async (fault) => {
  await using exchange = await startExchange({ speed: 10 });
  await using client = await connect(exchange.url);
  client.send(subscribe('market_trades', ['BTC-USD']));
  client.send(subscribe('heartbeats'));
  await client.until(3);
  exchange.faults.inject(fault);
  await using next = await connect(exchange.url);
  next.send(subscribe('heartbeats'));
  await expect(next.until(2)).resolves.toBeDefined();
});

import { Agent } from 'node:http';
import {
  createWsTransport,
  nextItem,
  type Feed,
  type FeedItem,
  type FeedOptions,
  openFeed,
} from '@feedtape/client';
import { expect, test } from 'vitest';
import { flood, MODES } from './hostile-modes.ts';
import { closing, HostileServer, numbered, wire } from './hostile-server.ts';

const TIMEOUTS = { openMs: 1_500, closeMs: 200 };
const backoff = { firstRetryMs: 100, baseRetryMs: 50, maxRetryMs: 200 };
const TICKER = [{ channel: 'ticker', productIds: ['BTC-USD'] }] as const;

const open = (server: HostileServer, options: Partial<FeedOptions> = {}): Feed =>
  openFeed({ url: server.url, subscriptions: TICKER, timeouts: TIMEOUTS, backoff, ...options });

/** Everything up to and including the first disconnect. */
async function firstLife(feed: Feed): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  await nextItem(feed, (item) => {
    items.push(item);
    return item.kind === 'disconnected';
  });
  return items;
}

test.for(MODES)('hostile: %s ends in time with its reason, and is retried', async ([, behave, expected]) => {
  await using server = await HostileServer.start(behave);
  await using feed = open(server);
  const started = performance.now();
  const items = await firstLife(feed);
  expect(items.at(-1)).toMatchObject({ kind: 'disconnected', ...expected });
  expect(performance.now() - started).toBeLessThan(10_000);
  const again = await nextItem(feed, 'disconnected');
  expect(again.connection).toBe(1);
});

test('a redirect is not followed: the feed gives up and says so', async () => {
  await using server = await HostileServer.start((socket) => {
    socket.end('HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n');
  });
  const feed = open(server);
  await expect(feed.consume(() => {})).rejects.toMatchObject({
    code: 'CLIENT_GAVE_UP',
    details: { errorCode: 'HTTP_302' },
  });
  expect(server.connections).toHaveLength(1);
});

test.for([1000, 1001, 4000])(
  'data and a close with %i in one read: the data comes, then a reconnect',
  async (code) => {
    await using server = await HostileServer.start((socket, accept) => {
      socket.write(Buffer.concat([Buffer.from(accept), wire(numbered(0)), wire(numbered(1)), closing(code)]));
    });
    await using feed = open(server);
    const items = await firstLife(feed);
    expect(items.filter(({ kind }) => kind === 'frame')).toHaveLength(2);
    expect(items.at(-1)).toMatchObject({ code });
    expect(await nextItem(feed, 'connected')).toMatchObject({ connection: 1 });
  },
);

test('data and the end of the TCP stream in one read: the data comes, then a reconnect', async () => {
  await using server = await HostileServer.start((socket, accept) => {
    socket.end(Buffer.concat([Buffer.from(accept), wire(numbered(0)), wire(numbered(1))]));
  });
  await using feed = open(server);
  const items = await firstLife(feed);
  expect(items.filter(({ kind }) => kind === 'frame')).toHaveLength(2);
  expect(items.at(-1)).toMatchObject({ code: 1006 });
  expect(await nextItem(feed, 'connected')).toMatchObject({ connection: 1 });
});

test('an agent, such as a proxy, makes the connection', async () => {
  await using server = await HostileServer.start((socket, accept) => void socket.write(accept));
  const agent = new Agent();
  const dialled: unknown[] = [];
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    dialled.push(options.port);
    return connect({ ...options, port: server.port }, callback);
  };
  await using feed = open(server, { url: 'ws://127.0.0.1:9', transport: createWsTransport({ agent }) });
  expect(await nextItem(feed, 'connected')).toMatchObject({ url: 'ws://127.0.0.1:9/' });
  expect(dialled.map(String)).toEqual(['9']);
});

test('a frame that contains "pong" is a frame', async () => {
  await using server = await HostileServer.start((socket, accept) => {
    socket.write(Buffer.concat([Buffer.from(accept), wire('"pong"'), wire('{"type":"pong"}'), wire('pong')]));
  });
  await using feed = open(server);
  for (const index of [0, 1, 2]) expect(await nextItem(feed, 'frame')).toMatchObject({ index });
});

test('a snapshot of 14 MB comes whole', async () => {
  const level = { side: 'bid', event_time: '2026-09-30T02:39:53.1Z', price_level: '1.5', new_quantity: '2' };
  const updates = Array.from({ length: 152_000 }, () => level);
  const snapshot = numbered(0, 'l2_data', [{ type: 'snapshot', product_id: 'BTC-USD', updates }]);
  expect(snapshot.length).toBeGreaterThan(13_800_000);
  await using server = await HostileServer.start((socket, accept) => {
    socket.write(accept);
    socket.write(wire(snapshot));
  });
  await using feed = open(server);
  const frame = await nextItem(feed, 'frame');
  expect(frame.bytes.byteLength).toBe(snapshot.length);
  expect(frame.decoded.kind).toBe('message');
});

test('a large frame on a slow line is waited for; a byte a second is not', async () => {
  const timeouts = { ...TIMEOUTS, staleMs: 300, silenceMs: 700 };
  const big = wire(`"${'x'.repeat(60_000)}"`);
  await using slow = await HostileServer.start((socket, accept) => {
    socket.write(accept);
    let sent = 0;
    const timer = setInterval(() => {
      if (sent < big.length) socket.write(big.subarray(sent, (sent += 3_000)));
    }, 100);
    socket.on('close', () => clearInterval(timer));
  });
  await using patient = open(slow, { timeouts });
  expect(await nextItem(patient, ({ kind }) => kind === 'frame' || kind === 'disconnected')).toMatchObject({
    kind: 'frame',
  });
  await using drip = await HostileServer.start((socket, accept) => {
    socket.write(accept);
    let sent = 0;
    const timer = setInterval(() => socket.write(big.subarray(sent, (sent += 1))), 100);
    socket.on('close', () => clearInterval(timer));
  });
  await using impatient = open(drip, { timeouts });
  expect(await nextItem(impatient, 'disconnected')).toMatchObject({ errorCode: 'SILENT' });
});

test('a ping flood and a million empty frames leave the feed within bounds', async () => {
  await using pings = await HostileServer.start((socket, accept) => {
    socket.write(accept);
    flood(socket, wire('', { opcode: 0x9 }));
  });
  await using pinged = open(pings);
  const [ended] = (await firstLife(pinged)).slice(-1);
  expect(ended).toMatchObject({ kind: 'disconnected', errorCode: 'WS_ERR_TOO_MANY_PINGS' });
  const empty = wire('');
  await using empties = await HostileServer.start((socket, accept) => {
    socket.write(accept);
    socket.write(Buffer.concat(Array.from({ length: 1_000_000 }, () => empty)));
  });
  const feed = open(empties);
  let frames = 0;
  await feed.consume((item) => {
    if (item.kind === 'frame' && (frames += 1) === 100) void feed.close();
  });
  expect(frames).toBeGreaterThanOrEqual(100);
});

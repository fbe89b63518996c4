import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { type Feed, type FeedItem, type FeedOptions, once, openFeed, until } from '@feedtape/client';
import { expect, test } from 'vitest';
import { closing, HostileServer, numbered, wire } from './hostile-server.ts';

const SOON = { firstRetryMs: 100, baseRetryMs: 50, maxRetryMs: 200, openMs: 1_500, closeMs: 200 };
const TICKER = [{ channel: 'ticker', productIds: ['BTC-USD'] }] as const;

const open = (server: HostileServer, options: Partial<FeedOptions> = {}): Feed =>
  openFeed({ url: server.url, subscriptions: TICKER, patience: SOON, ...options });

/** Everything up to and including the first disconnect. */
async function firstLife(feed: Feed): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  await until(feed, (item) => {
    items.push(item);
    return item.kind === 'disconnected';
  });
  return items;
}

/** How a hostile server ends a connection, and what the feed says about it. */
const MODES: readonly (readonly [string, (socket: Socket, accept: string) => void, object])[] = [
  [
    'a length of 2^62',
    say(Buffer.from([0x81, 127, 0x40, 0, 0, 0, 0, 0, 0, 0])),
    { errorCode: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH' },
  ],
  [
    'a message over 16 MiB',
    say(Buffer.from([0x81, 127, 0, 0, 0, 0, 0x01, 0, 0, 1])),
    { errorCode: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' },
  ],
  ['text that is not UTF-8', say(wire(Buffer.from([0xff, 0xfe]))), { errorCode: 'WS_ERR_INVALID_UTF8' }],
  [
    'a compressed frame nobody agreed on',
    say(wire('{}', { rsv: 0x40 })),
    { errorCode: 'WS_ERR_UNEXPECTED_RSV_1' },
  ],
  ['reserved bits', say(wire('{}', { rsv: 0x30 })), { errorCode: 'WS_ERR_UNEXPECTED_RSV_2_3' }],
  ['an unknown opcode', say(wire('{}', { opcode: 0x3 })), { errorCode: 'WS_ERR_INVALID_OPCODE' }],
  [
    'a masked frame',
    say(Buffer.from([0x81, 0x82, 1, 2, 3, 4, 5, 6])),
    { errorCode: 'WS_ERR_UNEXPECTED_MASK' },
  ],
  ['a continuation of nothing', say(wire('{}', { opcode: 0 })), { errorCode: 'WS_ERR_INVALID_OPCODE' }],
  ['a ping in fragments', say(wire('x', { opcode: 0x9, fin: false })), { errorCode: 'WS_ERR_EXPECTED_FIN' }],
  ['a close code that does not exist', say(closing(1006)), { errorCode: 'WS_ERR_INVALID_CLOSE_CODE' }],
  [
    'a close frame of one byte',
    say(wire(Buffer.of(3), { opcode: 0x8 })),
    { errorCode: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH' },
  ],
  [
    'tiny fragments without end',
    (socket, accept) => {
      socket.write(accept);
      socket.write(wire('{', { fin: false }));
      flood(socket, wire(' ', { opcode: 0, fin: false }));
    },
    { errorCode: 'WS_ERR_TOO_MANY_BUFFERED_PARTS' },
  ],
  [
    'compression nobody asked for',
    (socket, accept) => {
      socket.write(accept.replace('\r\n\r\n', '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'));
    },
    { errorCode: 'WS_ERR_HANDSHAKE' },
  ],
  [
    'a wrong accept',
    (socket, accept) => {
      socket.write(accept.replace(/Accept: \S+/, 'Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA='));
    },
    { errorCode: 'WS_ERR_HANDSHAKE' },
  ],
  [
    'headers without end',
    (socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n');
      flood(socket, Buffer.from('X-Header: 0123456789\r\n'));
    },
    { errorCode: 'HPE_HEADER_OVERFLOW' },
  ],
  ['no answer to the handshake', () => {}, { errorCode: 'HANDSHAKE_TIMEOUT' }],
  [
    'not HTTP at all',
    (socket) => void socket.write('220 smtp ready\r\n'),
    { errorCode: 'HPE_INVALID_CONSTANT' },
  ],
  [
    'HTTP 429',
    (socket) =>
      void socket.end('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'),
    { errorCode: 'HTTP_429' },
  ],
  [
    'HTTP 503',
    (socket) => void socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'),
    { errorCode: 'HTTP_503' },
  ],
  [
    'a reset',
    (socket, accept) => {
      socket.write(accept);
      socket.resetAndDestroy();
    },
    { code: 1006 },
  ],
  [
    'a close right after the accept',
    (socket, accept) => void socket.write(Buffer.concat([Buffer.from(accept), closing(1001)])),
    { code: 1001 },
  ],
];

function say(bytes: Buffer): (socket: Socket, accept: string) => void {
  return (socket, accept) => {
    socket.write(accept);
    socket.write(bytes);
  };
}

/** Writes the same again and again, for as long as the other side reads. */
function flood(socket: Socket, piece: Buffer): void {
  const block = Buffer.concat(Array.from({ length: 4_096 }, () => piece));
  const write = (): void => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on('drain', write);
  write();
}

test.for(MODES)('hostile: %s ends in time, says why, and is tried again', async ([, behave, expected]) => {
  await using server = await HostileServer.start(behave);
  await using feed = open(server);
  const started = performance.now();
  const items = await firstLife(feed);
  expect(items.at(-1)).toMatchObject({ kind: 'disconnected', ...expected });
  expect(performance.now() - started).toBeLessThan(10_000);
  const again = await once(feed, 'disconnected');
  expect(again.connection).toBe(1);
  expect(process.memoryUsage().rss).toBeLessThan(512 * 1024 * 1024);
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
    expect(await once(feed, 'connected')).toMatchObject({ connection: 1 });
  },
);

test('an agent, such as a proxy, makes the connection', async () => {
  await using server = await HostileServer.start((socket, accept) => void socket.write(accept));
  const agent = new Agent();
  const dialled: unknown[] = [];
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    dialled.push(options.port);
    return connect({ ...options, port: server.port }, callback);
  };
  await using feed = open(server, { url: 'ws://127.0.0.1:9', agent });
  expect(await once(feed, 'connected')).toMatchObject({ url: 'ws://127.0.0.1:9/' });
  expect(dialled.map(String)).toEqual(['9']);
});

test('a frame that contains "pong" is a frame', async () => {
  await using server = await HostileServer.start((socket, accept) => {
    socket.write(Buffer.concat([Buffer.from(accept), wire('"pong"'), wire('{"type":"pong"}'), wire('pong')]));
  });
  await using feed = open(server);
  for (const index of [0, 1, 2]) expect(await once(feed, 'frame')).toMatchObject({ index });
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
  const frame = await once(feed, 'frame');
  expect(frame.bytes.byteLength).toBe(snapshot.length);
  expect(frame.decoded.kind).toBe('message');
});

test('a large frame on a slow line is waited for; a byte a second is not', async () => {
  const patience = { ...SOON, staleMs: 300, silenceMs: 700 };
  const big = wire(`"${'x'.repeat(60_000)}"`);
  await using slow = await HostileServer.start((socket, accept) => {
    socket.write(accept);
    let sent = 0;
    const timer = setInterval(() => {
      if (sent < big.length) socket.write(big.subarray(sent, (sent += 3_000)));
    }, 100);
    socket.on('close', () => clearInterval(timer));
  });
  await using patient = open(slow, { patience });
  expect(await until(patient, ({ kind }) => kind === 'frame' || kind === 'disconnected')).toMatchObject({
    kind: 'frame',
  });
  await using drip = await HostileServer.start((socket, accept) => {
    socket.write(accept);
    let sent = 0;
    const timer = setInterval(() => socket.write(big.subarray(sent, (sent += 1))), 100);
    socket.on('close', () => clearInterval(timer));
  });
  await using impatient = open(drip, { patience });
  expect(await once(impatient, 'disconnected')).toMatchObject({ errorCode: 'SILENT' });
});

test('a ping flood and a million empty frames leave the feed within bounds', async () => {
  await using pings = await HostileServer.start((socket, accept) => {
    socket.write(accept);
    flood(socket, wire('', { opcode: 0x9 }));
  });
  await using pinged = open(pings);
  const [ended] = (await firstLife(pinged)).slice(-1);
  expect(ended).toMatchObject({ kind: 'disconnected', errorCode: 'PING_FLOOD' });
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

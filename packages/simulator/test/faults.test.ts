import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { type Exchange, type FaultRule, startExchange, type StartOptions } from '@feedtape/simulator';
import { expect, test } from 'vitest';
import { type BareClient, connect, dial, subscribe } from './bare-client.ts';

// Every fault, seen at the socket by a client that shares nothing with this project.

/** Fast, so that a test waits milliseconds: time runs fifty times as fast, and nothing takes time to begin. */
const FAST: StartOptions = {
  seed: 5,
  products: ['BTC-USD', 'ETH-USD'],
  depth: 40,
  speed: 50,
  timings: { intakeMs: 0, snapshotMs: 0 },
  limits: { connectionsPerSecond: Infinity, messagesPerSecond: Infinity },
};

interface Setup extends AsyncDisposable {
  readonly exchange: Exchange;
  readonly client: BareClient;
}

/** An exchange with these rules and a client that subscribed to level2 and trades of BTC-USD. */
async function faulty(...faults: readonly FaultRule[]): Promise<Setup> {
  const exchange = await startExchange({ ...FAST, faults });
  const client = await connect(exchange.url);
  client.send(subscribe('level2', ['BTC-USD']));
  client.send(subscribe('market_trades', ['BTC-USD']));
  return {
    exchange,
    client,
    async [Symbol.asyncDispose]() {
      client.webSocket.terminate();
      await exchange.close();
    },
  };
}

const numberOf = (text: string): number | undefined =>
  /"sequence_num":(\d{1,15})/.exec(text)?.[1] === undefined
    ? undefined
    : Number(/"sequence_num":(\d{1,15})/.exec(text)?.[1]);

async function numbers(client: BareClient, count: number): Promise<(number | undefined)[]> {
  const frames = await client.until(count);
  return frames.slice(0, count).map(({ text }) => numberOf(text));
}

test('drop: one number never comes', async () => {
  await using setup = await faulty({ fault: { kind: 'drop' }, fromFrame: 6 });
  expect(await numbers(setup.client, 10)).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9, 10]);
  expect(setup.exchange.ledger.connections[0]).toMatchObject({ dropped: 1 });
});

test('duplicate: one frame comes again', async () => {
  await using setup = await faulty({ fault: { kind: 'duplicate', copies: 2 }, fromFrame: 6 });
  const frames = await setup.client.until(9);
  expect(frames.slice(5, 9).map(({ text }) => numberOf(text))).toEqual([5, 6, 6, 6]);
  expect(frames[7]?.text).toBe(frames[6]?.text);
});

test('swap: a frame comes after its successor', async () => {
  await using setup = await faulty({ fault: { kind: 'swap' }, fromFrame: 6 });
  expect(await numbers(setup.client, 9)).toEqual([0, 1, 2, 3, 4, 5, 7, 6, 8]);
});

test('delay: a frame comes late, after frames that were made later', async () => {
  await using setup = await faulty({ fault: { kind: 'delay', ms: 60 }, fromFrame: 6 });
  const frames = await setup.client.until((all) => all.some(({ text }) => numberOf(text) === 6));
  const seen = frames.map(({ text }) => numberOf(text));
  expect(seen.indexOf(6)).toBeGreaterThan(seen.indexOf(7));
  expect(seen.toSorted((a, b) => (a ?? 0) - (b ?? 0)).slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('truncate: a frame ends early', async () => {
  await using setup = await faulty({ fault: { kind: 'truncate', bytes: 90 }, fromFrame: 6 });
  const frame = (await setup.client.until(7))[6];
  expect(frame?.bytes.length).toBe(90);
  expect(() => JSON.parse(frame?.text ?? '') as unknown).toThrow(SyntaxError);
});

test('corrupt: one bit of a frame is not what was generated', async () => {
  // At the real pace a burst of requests gets the same frames from every exchange with one seed.
  const [spoilt, good] = await Promise.all(
    [[{ fault: { kind: 'corrupt' }, fromFrame: 3 } as const], []].map(async (faults) => {
      await using exchange = await startExchange({ ...FAST, speed: 1, timings: {}, faults });
      await using client = await connect(exchange.url);
      client.send(subscribe('level2', ['BTC-USD']));
      return (await client.until(4))[3]?.bytes;
    }),
  );
  const bits = [...(spoilt ?? [])]
    .map((byte, index) => byte ^ (good?.[index] ?? 0))
    .filter((each) => each !== 0);
  expect(spoilt?.length).toBe(good?.length);
  expect(bits).toHaveLength(1);
  expect([1, 2, 4, 8, 16]).toContain(bits[0]);
});

test('invalid-utf8: a text frame that is no UTF-8', async () => {
  // A client that checks closes with 1007, as RFC 6455 asks for.
  await using setup = await faulty({ fault: { kind: 'invalid-utf8' }, fromFrame: 6 });
  await setup.client.closed;
  expect(setup.exchange.ledger.connections[0]?.end).toMatchObject({ by: 'client', code: 1007 });
  expect(setup.client.frames).toHaveLength(6);
});

test('binary: the frame comes as a binary one', async () => {
  await using setup = await faulty({ fault: { kind: 'binary' }, fromFrame: 6 });
  const frames = await setup.client.until(8);
  expect(frames.slice(5, 8).map(({ binary }) => binary)).toEqual([false, true, false]);
  expect(numberOf(frames[6]?.text ?? '')).toBe(6);
});

test('drip: a frame takes its time, and everything behind it too', async () => {
  await using setup = await faulty({
    fault: { kind: 'drip', bytesPerSecond: 2_000 },
    channel: 'subscriptions',
  });
  const began = performance.now();
  const frames = await setup.client.until(6);
  // 139 bytes and more at 2,000 a second.
  expect(performance.now() - began).toBeGreaterThan(60);
  expect(frames.slice(0, 6).map(({ text }) => numberOf(text))).toEqual([0, 1, 2, 3, 4, 5]);
});

test('unknown-channel: a numbered frame of a channel nobody knows', async () => {
  await using setup = await faulty({ fault: { kind: 'unknown-channel' }, fromFrame: 6 });
  const frames = await setup.client.until(9);
  expect(frames[6]?.text).toMatch(/^\{"channel":"feedtape_unknown",/);
  expect(await numbers(setup.client, 9)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test('unknown-fields: an event with a field nobody knows', async () => {
  await using setup = await faulty({ fault: { kind: 'unknown-fields' }, fromFrame: 6 });
  const frame = (await setup.client.until(7))[6];
  const { events } = JSON.parse(frame?.text ?? '') as { events: Record<string, unknown>[] };
  expect(events[0]?.['feedtape_unknown']).toEqual({ nested: [1, 'two'] });
});

test('huge: a frame of any size, with a number', async () => {
  await using setup = await faulty({ fault: { kind: 'huge', bytes: 3_000_000 }, fromFrame: 6 });
  const frames = await setup.client.until(8);
  expect(frames[6]?.bytes.length).toBeGreaterThan(2_999_900);
  expect(frames[6]?.bytes.length).toBeLessThan(3_000_100);
  expect(await numbers(setup.client, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('silence: one product says nothing while another goes on', async () => {
  await using exchange = await startExchange({
    ...FAST,
    faults: [{ fault: { kind: 'silence' }, channel: 'l2_data', product: 'BTC-USD', fromFrame: 10 }],
  });
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', ['BTC-USD', 'ETH-USD']));
  const frames = await client.until(60);
  const products = frames.slice(10, 60).map(({ text }) => /"product_id":"([A-Z-]{1,20})"/.exec(text)?.[1]);
  expect(new Set(products)).toEqual(new Set(['ETH-USD']));
  expect(await numbers(client, 60)).toEqual(Array.from({ length: 60 }, (_, index) => index));
});

test('missing-trades: trade ids skip, sequence numbers do not', async () => {
  await using setup = await faulty({ fault: { kind: 'missing-trades', count: 1 }, every: 2, fromFrame: 6 });
  const { exchange, client } = setup;
  const withheld = (): string[] =>
    (exchange.ledger.connections[0]?.frames ?? []).flatMap((entry) =>
      entry.kind === 'withheld' ? entry.trades : [],
    );
  await client.until(() => withheld().length >= 3);
  const [missing = ''] = withheld();
  await client.until((frames) => frames.some(({ text }) => text.includes(`"${Number(missing) + 1}"`)));
  const everything = client.frames.map(({ text }) => text).join('\n');
  expect(everything).not.toContain(`"trade_id":"${missing}"`);
  const seen = await numbers(client, client.frames.length);
  expect(seen).toEqual([...seen.keys()]);
});

test('sequence-restart: the counter begins at 0 again', async () => {
  await using setup = await faulty({ fault: { kind: 'sequence-restart' }, fromFrame: 6 });
  expect(await numbers(setup.client, 9)).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2]);
});

test('crossed-book: a bid above every offer', async () => {
  await using setup = await faulty({ fault: { kind: 'crossed-book' }, fromFrame: 6 });
  const { client, exchange } = setup;
  /** The frame's place on the wire: nothing else went wrong. */
  const struck = (): number | undefined => {
    const frames = exchange.ledger.connections[0]?.frames ?? [];
    const place = frames.findIndex((entry) => entry.kind === 'sent' && entry.faults.includes('crossed-book'));
    return place === -1 ? undefined : place;
  };
  await client.until((frames) => frames.length > (struck() ?? Infinity));
  const texts = client.frames.map(({ text }) => text);
  const snapshot = texts.find((text) => text.includes('l2_data')) ?? '';
  const highestOffer = Math.max(...pricesOf(snapshot, 'offer'));
  expect(Math.max(...pricesOf(texts[struck() ?? 0] ?? '', 'bid'))).toBeGreaterThan(highestOffer);
});

test.for([1000, 1001, 1011, 4000])('close %i: the closing handshake, alone', async (code) => {
  await using setup = await faulty({ fault: { kind: 'close', code, reason: 'bye' }, fromFrame: 6 });
  expect(await setup.client.closed).toEqual({ code, reason: 'bye' });
  expect(setup.client.frames).toHaveLength(7);
});

test('close with data: one read brings the last frame and the close', async () => {
  await using exchange = await startExchange({
    ...FAST,
    faults: [{ fault: { kind: 'close', code: 4000, withData: true } }],
  });
  const reads = await rawReads(exchange.port, [subscribe('heartbeats')]);
  const last = reads.at(-1) ?? Buffer.alloc(0);
  expect(last.includes('"channel":"subscriptions"')).toBe(true);
  // A close frame of two bytes, code 4000, right at the end of the same read.
  expect([...last.subarray(-4)]).toEqual([0x88, 0x02, 4000 >> 8, 4000 & 0xff]);
});

test('close-on-accept: one read brings the upgrade and the close', async () => {
  await using exchange = await startExchange({
    ...FAST,
    faults: [{ fault: { kind: 'close-on-accept', code: 1001 } }],
  });
  const [first = Buffer.alloc(0)] = await rawReads(exchange.port, []);
  expect(first.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /);
  expect([...first.subarray(-4)]).toEqual([0x88, 0x02, 1001 >> 8, 1001 & 0xff]);
  await using next = await connect(exchange.url);
  expect(next.webSocket.readyState).toBe(next.webSocket.OPEN);
});

test('terminate: the socket ends without a closing handshake', async () => {
  await using setup = await faulty({ fault: { kind: 'terminate' }, fromFrame: 6 });
  expect(await setup.client.closed).toEqual({ code: 1006, reason: '' });
});

test('reset: the socket is reset', async () => {
  await using exchange = await startExchange({ ...FAST, faults: [{ fault: { kind: 'reset' } }] });
  const socket = connectTcp(exchange.port, '127.0.0.1');
  socket.write(upgrade(exchange.port));
  await once(socket, 'data');
  socket.write(maskedText(JSON.stringify(subscribe('heartbeats'))));
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
});

test('half-open: nothing comes any more, no pong either, and the socket stays', async () => {
  await using setup = await faulty({ fault: { kind: 'half-open' }, connection: 0, fromFrame: 6 });
  const { client, exchange } = setup;
  await client.until(7);
  let pongs = 0;
  client.webSocket.on('pong', () => (pongs += 1));
  client.webSocket.ping();
  await using other = await connect(exchange.url);
  other.send(subscribe('level2', ['BTC-USD']));
  await other.until(20);
  expect(client.frames).toHaveLength(7);
  expect(pongs).toBe(0);
  expect(client.webSocket.readyState).toBe(client.webSocket.OPEN);
});

test.for([401, 403, 429, 500, 503] as const)(
  'handshake %i: an HTTP answer instead of the upgrade',
  async (status) => {
    await using exchange = await startExchange({
      ...FAST,
      faults: [{ fault: { kind: 'handshake', status, retryAfterSeconds: 7 }, times: 1 }],
    });
    const client = dial(exchange.url);
    const [, response] = (await once(client.webSocket, 'unexpected-response')) as [
      unknown,
      { statusCode: number; headers: Record<string, string> },
    ];
    expect(response.statusCode).toBe(status);
    expect(response.headers['retry-after']).toBe('7');
    client.webSocket.terminate();
    await using next = await connect(exchange.url);
    expect(next.webSocket.readyState).toBe(next.webSocket.OPEN);
    expect(exchange.ledger.refused).toMatchObject([{ status }]);
  },
);

test('handshake-silence: the upgrade is never answered', async () => {
  await using exchange = await startExchange({ ...FAST, faults: [{ fault: { kind: 'handshake-silence' } }] });
  const client = dial(exchange.url);
  // The next attempt is answered, the first still is not.
  await using next = await connect(exchange.url);
  expect(next.webSocket.readyState).toBe(next.webSocket.OPEN);
  expect(client.webSocket.readyState).toBe(client.webSocket.CONNECTING);
  client.webSocket.terminate();
});

test('clock-skew: the Date of the upgrade is off', async () => {
  await using exchange = await startExchange({
    ...FAST,
    faults: [{ fault: { kind: 'clock-skew', ms: -600_000 }, times: 1 }],
  });
  const dateOf = async (): Promise<number> => {
    const outgoing = request({
      port: exchange.port,
      host: '127.0.0.1',
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    }).end();
    const [response, socket] = (await once(outgoing, 'upgrade')) as [
      { headers: { date: string } },
      { destroy(): void },
    ];
    socket.destroy();
    return Date.parse(response.headers.date);
  };
  const skewed = (await dateOf()) - Date.now();
  const honest = (await dateOf()) - Date.now();
  expect(Math.abs(skewed + 600_000)).toBeLessThan(60_000);
  expect(Math.abs(honest)).toBeLessThan(60_000);
});

const pricesOf = (text: string, side: string): number[] => {
  const { events } = JSON.parse(text) as {
    events: { updates: { side: string; price_level: string }[] }[];
  };
  return (events[0]?.updates ?? []).filter((each) => each.side === side).map((each) => +each.price_level);
};

/** What a TCP client reads, chunk by chunk, until the exchange has said its last. */
async function rawReads(port: number, messages: readonly unknown[]): Promise<Buffer[]> {
  const socket = connectTcp(port, '127.0.0.1');
  const reads: Buffer[] = [];
  socket.on('error', () => {});
  socket.write(upgrade(port));
  socket.on('data', (chunk: Buffer) => {
    reads.push(chunk);
    if (reads.length === 1) for (const message of messages) socket.write(maskedText(JSON.stringify(message)));
    if (chunk.includes(Buffer.from([0x88, 0x02]))) socket.end();
  });
  await once(socket, 'close');
  return reads;
}

const upgrade = (port: number): string =>
  [
    'GET / HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    '\r\n',
  ].join('\r\n');

/** A client's text frame of fewer than 126 bytes, masked with zeros. */
function maskedText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

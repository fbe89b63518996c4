import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWriter } from '@feedtape/capture/node';
import {
  createVirtualClock,
  type Fault,
  replayInMemory,
  startExchange,
  type StartOptions,
  type WireChannel,
} from '@feedtape/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, subscribe } from './bare-client.ts';

const FRAMES = new URL('../../protocol/test/frames/', import.meta.url);
const PRODUCTS = ['BTC-USD', 'ETH-USD'];
let folder = '';
let real: string[] = [];

/** Two recorded connections: the real session, and a second one of a few frames, 100 ms later, with a gap. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'feedtape-playback-'));
  const table = await readFile(new URL('btc-eth-level2-trades-heartbeats.2026-09-30.tsv', FRAMES), 'utf8');
  real = table
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(line.indexOf('\t') + 1));
  const writer = await openWriter({ folder, url: 'wss://example.invalid', fsync: 'never' });
  const began = performance.now();
  real.forEach((text, index) => writer.frame(0, Buffer.from(text), began + index * 10));
  secondConnection().forEach((text, index) => writer.frame(1, Buffer.from(text), began + 400 + index * 10));
  await writer.close();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function renumbered(text: string, number: number): string {
  return text.replace(/"sequence_num":\d{1,9}/, `"sequence_num":${number}`);
}

const withoutNumber = (text: string): string => text.replace(/"sequence_num":\d{1,9}/, '');

function secondConnection(): string[] {
  return [renumbered(real[0] ?? '', 0), renumbered(real[1] ?? '', 1), renumbered(real[2] ?? '', 4)];
}

const replaying = (options: StartOptions = {}): StartOptions => ({
  capture: folder,
  speed: 'max',
  timings: { intakeMs: 20 },
  ...options,
});

const numberOf = (text: string): number => Number(/"sequence_num":(\d{1,9})/.exec(text)?.[1]);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

/** What an acknowledgement lists; undefined for every other frame. */
const acknowledged = (text: string): unknown =>
  (JSON.parse(text) as { events: { subscriptions?: unknown }[] }).events[0]?.subscriptions;

/** `l2_data snapshot BTC-USD`, for a table of what came when. */
function outline(text: string): string {
  const { channel, events } = JSON.parse(text) as { channel: string; events: { type?: string }[] };
  return [channel, events[0]?.type, productOf(text)].filter((part) => part !== undefined).join(' ');
}

const productOf = (text: string): string | undefined => /"product_id":"([A-Z-]{1,20})"/.exec(text)?.[1];

test('connections: the n-th connection receives the n-th recorded one byte for byte, gaps included', async () => {
  await using exchange = await startExchange(replaying({ captureMode: 'connections' }));
  for (const expected of [real, secondConnection(), real]) {
    await using client = await connect(exchange.url);
    client.send(subscribe('heartbeats'));
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(client.frames.map(({ text }) => text)).toEqual(expected);
  }
});

test('merged: the subscribed frames are renumbered and acknowledged, with their recorded times', async () => {
  await using exchange = await startExchange(replaying());
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', ['ETH-USD']));
  client.send(subscribe('heartbeats'));
  await client.closed;
  const texts = client.frames.map(({ text }) => text);
  expect(texts.map(numberOf)).toEqual([...texts.keys()]);
  expect(texts[0]).toContain('"type":"snapshot","product_id":"ETH-USD"');
  expect(texts.slice(1, 3).map(acknowledged)).toEqual([
    { level2: ['ETH-USD'] },
    { heartbeats: ['heartbeats'], level2: ['ETH-USD'] },
  ]);
  const wanted = real.filter(
    (text) =>
      text.includes('heartbeat_counter') || (text.includes('l2_data') && productOf(text) === 'ETH-USD'),
  );
  expect([0, ...range(3, texts.length)].map((index) => withoutNumber(texts[index] ?? ''))).toEqual(
    wanted.map(withoutNumber),
  );
});

test('merged: a reconnect goes on with its own snapshot, without a gap', async () => {
  await using exchange = await startExchange(replaying());
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', PRODUCTS));
  await client.closed;
  const texts = client.frames.map(({ text }) => text);
  expect(texts.map(numberOf)).toEqual([...texts.keys()]);
  const snapshots = texts.filter((text) => text.includes('"type":"snapshot"')).map(productOf);
  expect(snapshots).toEqual(['BTC-USD', 'ETH-USD', 'BTC-USD']);
});

test('merged: answers come in the order of the requests, each behind the snapshots it is about', async () => {
  await using exchange = await startExchange(replaying());
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', PRODUCTS));
  client.send(subscribe('ticker', PRODUCTS));
  client.send(subscribe('full', PRODUCTS));
  client.send(subscribe('market_trades', PRODUCTS));
  client.send(subscribe('heartbeats'));
  await client.closed;
  const outlines = client.frames.map(({ text }) =>
    text.startsWith('{"type":"error"') ? 'error' : outline(text),
  );
  const notUpdates = outlines.filter((line) => !line.includes('update') && line !== 'heartbeats');
  expect(notUpdates.slice(0, 9)).toEqual([
    'l2_data snapshot BTC-USD',
    'l2_data snapshot ETH-USD',
    'subscriptions',
    // There is no ticker in the capture: an acknowledgement of what there was.
    'subscriptions',
    'error',
    'market_trades snapshot BTC-USD',
    'market_trades snapshot ETH-USD',
    'subscriptions',
    'subscriptions',
  ]);
});

test('merged: products that the capture lacks are left out of the acknowledgement', async () => {
  await using exchange = await startExchange(replaying());
  await using client = await connect(exchange.url);
  client.send(subscribe('ticker', PRODUCTS));
  client.send(subscribe('level2', ['DOGE-USD', 'ETH-USDC']));
  client.send(subscribe('candles', ['BTC-USD']));
  await client.closed;
  const texts = client.frames.map(({ text }) => text);
  expect(texts.map(acknowledged).filter((each) => each !== undefined)).toEqual([
    {},
    { level2: ['ETH-USD'] },
    { level2: ['ETH-USD'] },
  ]);
  expect(new Set(texts.slice(4).map(outline))).toEqual(new Set(['l2_data update ETH-USD']));
});

test('merged: an acknowledgement shows the time of the frames around it', async () => {
  await using exchange = await startExchange(replaying());
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', PRODUCTS));
  client.send(subscribe('heartbeats'));
  await client.closed;
  const times = client.frames.map(({ text }) => /"timestamp":"([^"]{20,30})"/.exec(text)?.[1] ?? '');
  expect(times.every((time) => time.startsWith('2026-09-30T02:39:5'))).toBe(true);
});

test('merged: a connection has at most thirty level2 products', async () => {
  await using exchange = await startExchange(replaying({ limits: { level2Products: 1 } }));
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', PRODUCTS));
  const [frame] = await client.until(1);
  expect(frame?.text).toBe('{"type":"error","message":"too many L2 streams requested in a single session"}');
});

test('speed divides the time between frames', async () => {
  await using exchange = await startExchange(replaying({ speed: 2 }));
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', PRODUCTS));
  await client.until(2);
  const began = performance.now();
  await client.closed;
  // 420 ms on tape. A slow machine only makes it longer.
  expect(performance.now() - began).toBeGreaterThan(150);
});

test('faults of frames and connections strike recorded frames too, and the ledger knows', async () => {
  await using exchange = await startExchange(
    replaying({
      captureMode: 'connections',
      faults: [
        { fault: { kind: 'drop' }, fromFrame: 5 },
        { fault: { kind: 'close', code: 4100, withData: true }, fromFrame: 9 },
      ],
    }),
  );
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', PRODUCTS));
  expect(await client.closed).toMatchObject({ code: 4100 });
  expect(client.frames.map(({ text }) => numberOf(text))).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9]);
  expect(exchange.ledger.connections[0]).toMatchObject({ generated: 10, sent: 9, dropped: 1 });
});

/** The frames of the recorded session as they arrive after this fault struck frame 12, an update of BTC-USD. */
async function struckBy(fault: Fault, channel?: WireChannel): Promise<string[]> {
  const rule = { fault, fromFrame: 12, ...(channel === undefined ? {} : { channel }) };
  await using exchange = await startExchange(replaying({ captureMode: 'connections', faults: [rule] }));
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', PRODUCTS));
  await client.closed;
  return client.frames.map(({ text }) => text);
}

test.for([['truncate'], ['corrupt']] as const)('%s strikes one recorded frame', async ([kind]) => {
  const texts = await struckBy({ kind });
  expect(texts[12]).not.toBe(real[12]);
  expect(texts.toSpliced(12, 1)).toEqual(real.toSpliced(12, 1));
});

test('unknown-fields strikes a recorded frame and leaves the others as they were', async () => {
  const texts = await struckBy({ kind: 'unknown-fields' });
  expect(JSON.parse(texts[12] ?? '')).toMatchObject({
    sequence_num: 12,
    events: [{ feedtape_unknown: { nested: [1, 'two'] } }],
  });
  expect(texts.toSpliced(12, 1)).toEqual(real.toSpliced(12, 1));
});

test('crossed-book strikes a recorded update', async () => {
  const texts = await struckBy({ kind: 'crossed-book' }, 'l2_data');
  const struck = texts.findIndex((text, index) => text !== real[index]);
  const { events } = JSON.parse(texts[struck] ?? '') as { events: { updates: { price_level: string }[] }[] };
  const [bid, first] = events[0]?.updates ?? [];
  expect(Number(bid?.price_level)).toBe(2 * Number(first?.price_level));
  expect(texts.toSpliced(struck, 1)).toEqual(real.toSpliced(struck, 1));
});

test.for([['unknown-channel'], ['huge']] as const)(
  '%s inserts a frame between recorded ones, and later frames are numbered without a gap',
  async ([kind]) => {
    const texts = await struckBy(kind === 'huge' ? { kind, bytes: 3_000 } : { kind });
    expect(texts[12]).toMatch(/^\{"channel":"feedtape_unknown","timestamp":"2026-/);
    expect(texts.map(numberOf)).toEqual([...texts.keys()]);
    expect(texts.toSpliced(12, 1).map(withoutNumber)).toEqual(real.map(withoutNumber));
  },
);

test('sequence-restart: recorded frames count from 0 again', async () => {
  const texts = await struckBy({ kind: 'sequence-restart' });
  expect(texts.map(numberOf)).toEqual([...range(0, 12), ...range(0, real.length - 12)]);
  expect(texts.map(withoutNumber)).toEqual(real.map(withoutNumber));
});

test('missing-trades: recorded trades are left out, and no number is', async () => {
  const texts = await struckBy({ kind: 'missing-trades', count: 1_000 }, 'market_trades');
  expect(texts).toHaveLength(real.length - 1);
  expect(texts.map(numberOf)).toEqual([...texts.keys()]);
});

test('silence: frames of a recorded product stop, and no number is missing', async () => {
  const texts = await struckBy({ kind: 'silence' }, 'l2_data');
  const silent = productOf(real.slice(12).find((text) => text.includes('l2_data')) ?? '');
  const updates = texts.slice(12).filter((text) => text.includes('l2_data'));
  expect(updates.length).toBeGreaterThan(5);
  expect(updates.map(productOf)).not.toContain(silent);
  expect(texts.map(numberOf)).toEqual([...texts.keys()]);
});

test('a replay checks tokens and channel names as the market does', async () => {
  await using exchange = await startExchange(replaying());
  await using client = await connect(exchange.url);
  client.send(subscribe('full', PRODUCTS));
  client.send(subscribe('user'));
  const frames = await client.until(2);
  expect(frames.map(({ text }) => text)).toEqual(
    Array.from({ length: 2 }, () => '{"type":"error","message":"authentication failure"}'),
  );
});

/** Everything a client was told of the tape, with the time it was told. */
async function tapeInMemory(): Promise<string[]> {
  const clock = createVirtualClock();
  const exchange = await replayInMemory({ capture: folder, clock, timings: { intakeMs: 20 } });
  const lines: string[] = [];
  const socket = exchange.transport.open(
    exchange.url,
    {},
    {
      onOpen() {},
      onError() {},
      onFrame: (bytes) => lines.push(`${clock.now()} ${Buffer.from(bytes).toString()}`),
      onClose: (code) => lines.push(`${clock.now()} close ${code}`),
    },
  );
  await clock.advance(0);
  socket.send(JSON.stringify(subscribe('level2', PRODUCTS)));
  socket.send(JSON.stringify(subscribe('market_trades', PRODUCTS)));
  await clock.advance(5_000);
  expect(clock.pending).toBe(0);
  return lines;
}

test('in memory: two replays are identical to the byte and the millisecond', async () => {
  const lines = await tapeInMemory();
  expect(lines).toEqual(await tapeInMemory());
  // 420 ms on tape, after the 20 of the intake.
  expect(lines.at(-1)).toBe('440 close 1000');
  expect(lines.length).toBeGreaterThan(30);
});

test('in memory: a client that leaves, and an exchange that closes, leave nothing on the clock', async () => {
  const clock = createVirtualClock();
  const exchange = await replayInMemory({ capture: folder, clock });
  const listener = { onOpen() {}, onError() {}, onFrame() {}, onClose() {} };
  const sockets = [0, 1].map(() => exchange.transport.open(exchange.url, {}, listener));
  await clock.advance(0);
  for (const socket of sockets) socket.send(JSON.stringify(subscribe('level2', PRODUCTS)));
  await clock.advance(200);
  sockets[0]?.terminate();
  await clock.advance(50);
  exchange.close();
  await clock.advance(0);
  expect(clock.pending).toBe(0);
});

test('a path that is no capture is refused at the start', async () => {
  await expect(startExchange({ capture: join(folder, 'nothing-here') })).rejects.toMatchObject({
    code: 'SIMULATOR_CAPTURE_UNUSABLE',
  });
});

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWriter } from '@feedtape/capture/node';
import { startExchange, type StartOptions } from '@feedtape/simulator';
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
const productOf = (text: string): string | undefined => /"product_id":"([A-Z-]{1,20})"/.exec(text)?.[1];

test('per connection: the n-th gets the n-th recorded one, byte for byte, gaps and all', async () => {
  await using exchange = await startExchange(replaying({ captureMode: 'connections' }));
  for (const expected of [real, secondConnection(), real]) {
    await using client = await connect(exchange.url);
    client.send(subscribe('heartbeats'));
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(client.frames.map(({ text }) => text)).toEqual(expected);
  }
});

test('merged: what was asked for, numbered afresh, acknowledged, its own times kept', async () => {
  await using exchange = await startExchange(replaying());
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', ['ETH-USD']));
  client.send(subscribe('heartbeats'));
  await client.closed;
  const texts = client.frames.map(({ text }) => text);
  expect(texts.map(numberOf)).toEqual([...texts.keys()]);
  expect(texts[1]).toContain(
    '"events":[{"subscriptions":{"heartbeats":["heartbeats"],"level2":["ETH-USD"]}}]',
  );
  const wanted = real.filter(
    (text) =>
      text.includes('heartbeat_counter') || (text.includes('l2_data') && productOf(text) === 'ETH-USD'),
  );
  expect(texts.slice(2).map(withoutNumber)).toEqual(wanted.map(withoutNumber));
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

test('at a speed: time between frames shrinks by it', async () => {
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

test('tokens and channel names are judged as ever', async () => {
  await using exchange = await startExchange(replaying());
  await using client = await connect(exchange.url);
  client.send(subscribe('full', PRODUCTS));
  client.send(subscribe('user'));
  const frames = await client.until(2);
  expect(frames.map(({ text }) => text)).toEqual(
    Array.from({ length: 2 }, () => '{"type":"error","message":"authentication failure"}'),
  );
});

test('what is no capture is refused at the start', async () => {
  await expect(startExchange({ capture: join(folder, 'nothing-here') })).rejects.toMatchObject({
    code: 'SIMULATOR_CAPTURE_UNUSABLE',
  });
});

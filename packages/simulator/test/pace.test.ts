// @module-tag slow

import { startExchange } from '@feedtape/simulator';
import { expect, test } from 'vitest';
import { connect, subscribe } from './bare-client.ts';

const PRODUCTS = ['BTC-USD', 'ETH-USD', 'SOL-USD'];

const numbersOf = (texts: readonly { text: string }[]): number[] =>
  texts.map(({ text }) => Number(/"sequence_num":(\d{1,12})/.exec(text)?.[1]));

test('speed max: every frame arrives in order, and the exchange can be closed', async () => {
  const exchange = await startExchange({ seed: 1, products: PRODUCTS, depth: 100, speed: 'max' });
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', PRODUCTS));
  client.send(subscribe('ticker', PRODUCTS));
  const frames = await client.until(20_000);
  expect(numbersOf(frames)).toEqual([...frames.keys()]);
  await exchange.close();
  await client.closed;
});

test('speed max: a client that stops reading pauses the market, and no frame is lost', async () => {
  await using exchange = await startExchange({ seed: 1, products: PRODUCTS, depth: 100, speed: 'max' });
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', PRODUCTS));
  await client.until(100);
  client.webSocket.pause();
  // The market stops once the buffers of two sockets are full: wait until it does.
  const { connections } = exchange.ledger;
  let before = -1;
  while (connections[0]?.bytes !== before) {
    before = connections[0]?.bytes ?? 0;
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
  }
  expect(connections[0]?.end).toBeUndefined();
  client.webSocket.resume();
  const goal = client.frames.length + 50_000;
  const frames = await client.until(goal);
  expect(numbersOf(frames)).toEqual([...frames.keys()]);
});

test('rate limits the frames per second', async () => {
  await using exchange = await startExchange({ seed: 1, products: PRODUCTS, depth: 20, rate: 2_000 });
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', PRODUCTS));
  await client.until(10);
  const began = performance.now();
  const first = client.frames.length;
  await client.until(first + 1_000);
  // 1,000 frames take half a second at least; a slow machine only makes it longer.
  expect(performance.now() - began).toBeGreaterThan(300);
});

test('a book of 45,000 levels comes as one frame', async () => {
  await using exchange = await startExchange({ seed: 1, products: ['BTC-USD'], depth: 45_000 });
  await using client = await connect(exchange.url, { maxPayload: 16 * 1024 * 1024 });
  client.send(subscribe('level2', ['BTC-USD']));
  const [snapshot] = await client.until(1);
  const { events } = JSON.parse(snapshot?.text ?? '') as { events: { updates: unknown[] }[] };
  // The market lived through a few seconds before anybody looked.
  expect(Math.abs((events[0]?.updates.length ?? 0) - 45_000)).toBeLessThan(500);
  expect(snapshot?.bytes.length).toBeGreaterThan(4_500_000);
});

test('an exchange that closes says 1001 to every client, and leaves nothing running', async () => {
  const before = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
  const exchange = await startExchange({ seed: 1, products: PRODUCTS, depth: 20 });
  const clients = await Promise.all([connect(exchange.url), connect(exchange.userUrl)]);
  await exchange.close();
  for (const client of clients) expect(await client.closed).toMatchObject({ code: 1001 });
  await exchange.close();
  const after = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
  expect(after).toBeLessThanOrEqual(before);
});

test('eight connections a second and address; the ninth gets 429 and how long to wait', async () => {
  await using exchange = await startExchange({ seed: 1, products: PRODUCTS, depth: 20 });
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => connect(exchange.url)));
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThanOrEqual(2);
  expect(refused.length).toBeLessThanOrEqual(4);
  expect(exchange.ledger.refused[0]).toMatchObject({ status: 429, why: 'too many connections' });
  for (const result of results) if (result.status === 'fulfilled') await result.value[Symbol.asyncDispose]();
});

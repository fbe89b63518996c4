import { startExchange } from '@feedtape/simulator';
import { expect, test } from 'vitest';
import { connect, subscribe } from './bare-client.ts';

const PRODUCTS = ['BTC-USD', 'ETH-USD'];

interface Frame {
  channel: string;
  sequence_num: number;
  events: { type?: string; product_id?: string; trades?: { product_id: string; trade_id: string }[] }[];
}

const parse = (text: string): Frame => JSON.parse(text) as Frame;

/** `l2_data snapshot BTC-USD`, for a table of what came when. */
function outline(text: string): string {
  const { channel, events } = parse(text);
  const [event] = events;
  const product = event?.product_id ?? event?.trades?.[0]?.product_id;
  return [channel, event?.type, product].filter((part) => part !== undefined).join(' ');
}

async function firstFrames(url: string, count: number): Promise<string[]> {
  await using client = await connect(url);
  client.send(subscribe('level2', PRODUCTS));
  client.send(subscribe('market_trades', PRODUCTS));
  client.send(subscribe('heartbeats'));
  return (await client.until(count)).slice(0, count).map(({ text }) => text);
}

test('the first twelve frames come in the order of the recorded session', async () => {
  await using exchange = await startExchange({ seed: 7, products: PRODUCTS, depth: 300 });
  const frames = await firstFrames(exchange.url, 40);
  expect(frames.slice(0, 12).map(outline)).toEqual([
    'l2_data snapshot BTC-USD',
    'l2_data update BTC-USD',
    'l2_data update BTC-USD',
    'l2_data update BTC-USD',
    'l2_data update BTC-USD',
    'l2_data snapshot ETH-USD',
    'l2_data update ETH-USD',
    'subscriptions',
    'market_trades snapshot BTC-USD',
    'market_trades snapshot ETH-USD',
    'subscriptions',
    'subscriptions',
  ]);
  expect(frames.map((text) => parse(text).sequence_num)).toEqual([...frames.keys()]);
});

test('two runs with one seed send the same bytes', async () => {
  const runs: string[][] = [];
  for (let run = 0; run < 2; run += 1) {
    await using exchange = await startExchange({ seed: 11, products: PRODUCTS, depth: 100 });
    runs.push(await firstFrames(exchange.url, 60));
  }
  expect(runs[1]).toEqual(runs[0]);
});

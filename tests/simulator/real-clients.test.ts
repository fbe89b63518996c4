import { type Exchange, startExchange } from '@feedtape/simulator';
import { pro } from 'ccxt';
import { WebsocketClient } from 'coinbase-api';
import { afterEach, beforeEach, expect, test } from 'vitest';

// Clients of other people, as they come from npm, with the simulator's address as their only setting: what they
// make of it is the best measure of its likeness that can be had without the real exchange.

let exchange: Exchange;
beforeEach(async () => {
  exchange = await startExchange({ seed: 3, products: ['BTC-USD', 'ETH-USD'], depth: 200 });
});
afterEach(() => exchange.close());

/** What the exchange heard and how it judged: `channel token refusal`. */
const heard = (): string[] =>
  exchange.ledger.connections
    .flatMap(({ received }) => received)
    .map(({ text, token, refusal }) => {
      const { channel } = JSON.parse(text) as { channel: string };
      return [channel, token, refusal].filter((part) => part !== undefined).join(' ');
    });

test('coinbase-api connects, signs in, subscribes and gets ticker, level2, heartbeats and its orders', async () => {
  const [key] = exchange.keys;
  const silent = { trace() {}, info() {}, error() {} };
  const client = new WebsocketClient(
    { apiKey: key?.json.name ?? '', apiSecret: key?.json.privateKey ?? '', wsUrl: exchange.url },
    silent,
  );
  const wanted = new Set([
    'ticker snapshot',
    'ticker update',
    'l2_data snapshot',
    'l2_data update',
    'heartbeats',
    'user snapshot',
    'user update',
  ]);
  const everything = new Promise<void>((resolve, reject) => {
    client.on('exception', (problem: unknown) => reject(new Error(JSON.stringify(problem))));
    client.on('update', (frame: { channel: string; events: { type?: string }[] }) => {
      wanted.delete([frame.channel, frame.events[0]?.type].filter(Boolean).join(' '));
      if (wanted.size === 0) resolve();
    });
  });
  const payload = { product_ids: ['BTC-USD'] };
  client.subscribe({ topic: 'ticker', payload }, 'advTradeMarketData');
  client.subscribe({ topic: 'level2', payload }, 'advTradeMarketData');
  client.subscribe({ topic: 'heartbeats' }, 'advTradeMarketData');
  client.subscribe({ topic: 'user' }, 'advTradeUserData');
  await everything;
  client.closeAll(true);
  expect(heard().toSorted()).toEqual(['heartbeats', 'level2', 'ticker', 'user ok']);
});

test('ccxt connects, signs in, and makes a ticker, a book, trades and orders of it', async () => {
  const [key] = exchange.keys;
  const client = new pro.coinbase({
    apiKey: key?.json.name ?? '',
    secret: key?.json.privateKey ?? '',
    urls: { api: { ws: exchange.url } },
  });
  // ccxt asks for this before it speaks plain ws, and for markets, which it else gets over REST.
  await client.loadHttpProxyAgent();
  client.setMarkets(['BTC', 'ETH'].map(marketOf));

  const { last } = await client.watchTicker('BTC/USD');
  expect(last).toBeGreaterThan(80_000);
  const book = await client.watchOrderBook('BTC/USD');
  expect(book.bids.length).toBeGreaterThan(50);
  expect(book.asks.length).toBeGreaterThan(50);
  expect(book.bids[0]?.[0]).toBeLessThan(book.asks[0]?.[0] ?? 0);
  expect(await client.watchTrades('ETH/USD')).not.toEqual([]);
  expect(await client.watchOrders()).not.toEqual([]);
  await client.close();
  expect(heard()).toEqual(['ticker', 'level2', 'market_trades', 'user ok']);
});

const marketOf = (base: string): Record<string, unknown> => ({
  id: `${base}-USD`,
  symbol: `${base}/USD`,
  base,
  quote: 'USD',
  baseId: base,
  quoteId: 'USD',
  active: true,
  type: 'spot',
  spot: true,
  precision: { amount: 1e-8, price: 0.01 },
  limits: {},
});

import { fork } from 'node:child_process';
import { createBook } from '@feedtape/book';
import { type FeedItem, createBookKeeper, openFeed } from '@feedtape/client';
import { pro } from 'ccxt';
import { WebsocketClient } from 'coinbase-api';
import { WebSocket } from 'ws';
import type { Bench, Work } from './measure.ts';
import { SHORT_MIX } from './traffic.ts';

/** Connections in one measurement: each brings the whole mix. */
const ROUNDS = 3;
const FRAMES = SHORT_MIX.frames + SHORT_MIX.products;
const PRODUCTS = ['BTC-USD'];
/** Of each product, both sides together; BTC-USD really has about 44,000. */
const LEVELS = 30_000;

/** The exchange is a process of its own, so that its work is nobody's. */
async function startServer(): Promise<string> {
  const server = fork(
    new URL('frame-server.ts', import.meta.url),
    [JSON.stringify({ snapshotLevels: LEVELS })],
    {
      execArgv: ['--conditions=@feedtape/source'],
    },
  );
  const port = await new Promise((resolve) => server.once('message', resolve));
  server.unref();
  server.channel?.unref();
  return `ws://127.0.0.1:${String(port)}`;
}

type Round = (url: string) => Promise<void>;

const subject =
  (round: Round, rounds = ROUNDS) =>
  async (): Promise<Work> => {
    const url = await startServer();
    return async () => {
      for (let done = 0; done < rounds; done += 1) await round(url);
      return rounds * FRAMES;
    };
  };

const bare: Round = async (url) => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('message', () => {
      count += 1;
      if (count === FRAMES) resolve();
    });
  });
  socket.terminate();
};

const feed =
  (perFeed: () => (item: FeedItem) => void): Round =>
  async (url) => {
    const live = openFeed({
      url,
      subscriptions: [{ channel: 'level2', productIds: PRODUCTS }],
      timeouts: { closeMs: 20 },
    });
    const sink = perFeed();
    let count = 0;
    await live.consume((item) => {
      sink(item);
      if (item.kind !== 'frame') return;
      count += 1;
      if (count === FRAMES) void live.close();
    });
    if (live.statistics.missing > 0 || count !== FRAMES) throw new Error(`${count} of ${FRAMES} frames`);
  };

const typed = (): ((item: FeedItem) => void) => (item) => {
  if (item.kind === 'frame' && item.decoded.kind !== 'message') throw new Error('not a message');
};

const withBooks = (): ((item: FeedItem) => void) => {
  const keeper = createBookKeeper(createBook);
  return (item) => {
    if (item.kind === 'frame' && item.channel !== 'l2_data' && item.decoded.kind !== 'message')
      throw new Error('not a message');
    keeper.take(item);
  };
};

/** Untyped objects to a callback; it neither validates nor looks at sequence numbers. */
const coinbaseApi: Round = async (url) => {
  const silent = { trace() {}, info() {}, error() {} };
  const other = new WebsocketClient({ wsUrl: url, pingInterval: 600_000 }, silent);
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    other.on('exception', (problem: unknown) => reject(new Error(JSON.stringify(problem))));
    other.on('update', () => {
      count += 1;
      if (count === FRAMES) resolve();
    });
    other.subscribe({ topic: 'level2', payload: { product_ids: [...PRODUCTS] } }, 'advTradeMarketData');
  });
  other.closeAll(true);
};

const BASES = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'ADA', 'AVAX', 'LINK', 'LTC', 'DOT'];

/** Books, tickers and trades, as far as a connection lets it: it too looks at no sequence number. */
const ccxt: Round = async (url) => {
  const other = new pro.coinbase({ urls: { api: { ws: url } } });
  await other.loadHttpProxyAgent();
  other.setMarkets(BASES.map(marketOf));
  let count = 0;
  const handle = other.handleMessage.bind(other) as (...args: unknown[]) => unknown;
  const done = new Promise<void>((resolve) => {
    other.handleMessage = (...args: unknown[]) => {
      handle(...args);
      count += 1;
      if (count === FRAMES) resolve();
    };
  });
  const watch = async (): Promise<void> => {
    for (;;) await other.watchOrderBook('BTC/USD');
  };
  const watching = watch().catch(() => undefined);
  await done;
  await other.close();
  await watching;
};

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

/** A whole client on loopback, against `ws` that only counts. */
export const client: Bench = {
  title: 'Receive the traffic mix with a client',
  unit: 'frame',
  warmUps: 1,
  subjects: {
    'ws, count': subject(bare),
    'feed.consume, sequenced': subject(feed(() => () => {})),
    'feed.consume, sequenced, decoded and validated': subject(feed(typed)),
    'the same with an exact book of every product': subject(feed(withBooks)),
    'coinbase-api 1.2.6': subject(coinbaseApi),
    'ccxt 4.5.84, watchOrderBook': subject(ccxt, 1),
  },
  notes: [
    '100,000 frames of 10 products after their snapshots of 30,000 levels, about 650 bytes a frame, on each of three connections (one for ccxt).',
    'coinbase-api hands out untyped objects; it and ccxt neither validate nor look at sequence numbers. ccxt keeps its books in floating point.',
  ],
};

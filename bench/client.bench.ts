import { fork } from 'node:child_process';
import { createBook } from '@feedtape/book';
import { type FeedItem, keepBooks, openFeed } from '@feedtape/client';
import { WebSocket } from 'ws';
import type { Bench, Work } from './measure.ts';
import { SHORT_MIX } from './traffic.ts';

const ROUNDS = 3;
const FRAMES = SHORT_MIX.frames + SHORT_MIX.products;
const PRODUCTS = ['BTC-USD'];

/** The exchange is a process of its own, so that its work is nobody's. */
async function startServer(): Promise<string> {
  const server = fork(new URL('frame-server.ts', import.meta.url), {
    execArgv: ['--conditions=@feedtape/source'],
  });
  const port = await new Promise((resolve) => server.once('message', resolve));
  server.unref();
  server.channel?.unref();
  return `ws://127.0.0.1:${String(port)}`;
}

type Round = (url: string) => Promise<void>;

const subject = (round: Round) => async (): Promise<Work> => {
  const url = await startServer();
  return async () => {
    for (let done = 0; done < ROUNDS; done += 1) await round(url);
    return ROUNDS * FRAMES;
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
      patience: { closeMs: 20 },
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
  const keeper = keepBooks(createBook);
  return (item) => {
    if (item.kind === 'frame' && item.channel !== 'l2_data' && item.decoded.kind !== 'message')
      throw new Error('not a message');
    keeper.take(item);
  };
};

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
  },
};

import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createBook } from '@feedtape/book';
import { type FeedItem, createBookKeeper, openFeed } from '@feedtape/client';
import { expect, test } from 'vitest';

// Our tests speak to our own simulator, which stands on the same `ws` as the client. These servers share nothing with
// it: they send every message in seven fragments, with a ping after each.

/** A Python that has a package; Debian has both as python3-websockets and python3-autobahn. */
const pythonWith = (module: string): string | undefined =>
  ['python3', '/usr/bin/python3'].find(
    (each) => spawnSync(each, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0,
  );
const pythons = { websockets: pythonWith('websockets'), autobahn: pythonWith('autobahn.asyncio') };

test.for([
  ['websockets', 'none', 1001],
  ['websockets', 'deflate', 1001],
  ['autobahn', 'none', 4001],
  ['autobahn', 'deflate', 4001],
] as const)(
  'a server on %s, compression %s: fragments with pings between them, an end with %i, and back again',
  async ([peer, compression, code], { skip }) => {
    const python = pythons[peer];
    skip(python === undefined, `no python3 here has the ${peer} package`);
    const server = spawn(
      python ?? '',
      [join(import.meta.dirname, 'peers', `${peer}_server.py`), compression],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
    try {
      const port = String((await lines.next()).value);
      const { feed, keeper, frames, ended } = await listenTwice(`ws://127.0.0.1:${port}`);
      // A snapshot, two acknowledgements, fifty updates; each number as it should be.
      expect(frames).toEqual([53, 53]);
      expect(ended[0]).toMatchObject({ code, reason: 'going away' });
      expect(feed.statistics).toMatchObject({ missing: 0, gaps: 0, reconnects: 1 });
      expect(keeper.get('BTC-USD')).toMatchObject({ status: 'fresh', book: { bestBid: { price: '1000' } } });
      // Nothing was compressed, because the client offers nothing.
      const said = JSON.parse(String((await lines.next()).value)) as object;
      expect(said).toEqual({ pings: 53 * 7, answered: true, extensions: null });
    } finally {
      server.kill();
    }
  },
);

/** Reads two connections to their ends: the server ends the first, we the second. */
async function listenTwice(url: string) {
  const frames = [0, 0];
  const ended: Extract<FeedItem, { kind: 'disconnected' }>[] = [];
  const keeper = createBookKeeper(createBook);
  const feed = openFeed({
    url,
    subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }],
    backoff: { firstRetryMs: 200, baseRetryMs: 100 },
  });
  await feed.consume((item) => {
    if (item.kind === 'disconnected') {
      ended.push(item);
      return;
    }
    keeper.take(item);
    if (item.kind !== 'frame') return;
    expect(item.decoded.kind).toBe('message');
    const count = (frames[item.connection] ?? 0) + 1;
    frames[item.connection] = count;
    if (item.connection === 1 && count === 53) void feed.close();
  });
  return { feed, keeper, frames, ended };
}

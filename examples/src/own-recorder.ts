// A recorder of one's own out of two packages: every item of a feed goes into a capture.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startExchange } from '@feedtape/simulator';

const exchange = await startExchange({ products: ['ETH-USD'] });
const { url } = exchange;
const folder = await mkdtemp(join(tmpdir(), 'feedtape-example-'));

// #region readme
import { openWriter } from '@feedtape/capture/node';
import { openFeed } from '@feedtape/client';

const writer = await openWriter({ folder, url });
const feed = openFeed({
  url,
  subscriptions: [{ channel: 'level2', productIds: ['ETH-USD'] }],
  signal: AbortSignal.timeout(2_000),
});
await feed.consume((item) => {
  if (item.kind === 'frame') writer.frame(item.connection, item.bytes, item.at);
});
const { frames, segments } = await writer.close();
console.log(`${frames > 10 ? 'many' : frames} frames in ${segments.length} segment`);
// #endregion

await exchange.close();

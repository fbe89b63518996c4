// Opens a feed, loses a frame on purpose, and watches the books being repaired.
// #region feed
import { openFeed } from '@feedtape/client';
import { startExchange } from '@feedtape/simulator';

// A sandbox on loopback that loses its 60th frame. For the real exchange leave `url` out.
const exchange = await startExchange({ faults: [{ fault: { kind: 'drop' }, fromFrame: 60 }] });
const feed = openFeed({
  url: exchange.url,
  subscriptions: [{ channel: 'level2', productIds: ['BTC-USD', 'ETH-USD'] }],
});

let right = 0;
for await (const item of feed) {
  if (item.kind === 'gap') console.log(`lost: ${item.count} frame`);
  if (item.kind === 'stale') console.log(`stale: ${item.productIds.join(', ')}`);
  if (item.kind === 'recovered') console.log(`right again: ${item.productIds.join(', ')}`);
  if (item.kind === 'recovered' && (right += 1) === 2) break; // leaving the loop closes the feed
}
console.log(`missing: ${feed.statistics.missing}, reconnects: ${feed.statistics.reconnects}`);
// #endregion

await exchange.close();

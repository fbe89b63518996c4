import { type FeedItem, openFeed } from '@feedtape/client';
import { startExchange } from '@feedtape/simulator';
import { expect, test } from 'vitest';

test('a feed subscribes, reports a lost frame, repairs the books and ends when it is closed', async () => {
  await using exchange = await startExchange({ products: ['BTC-USD', 'ETH-USD'], depth: 100 });
  const feed = openFeed({
    url: exchange.url,
    subscriptions: [{ channel: 'level2', productIds: ['BTC-USD', 'ETH-USD'] }],
  });
  const seen: FeedItem['kind'][] = [];
  const recovered: string[] = [];
  for await (const item of feed) {
    if (item.kind !== 'frame') seen.push(item.kind);
    if (item.kind === 'subscribed' && item.subscriptions['heartbeats'] !== undefined && !seen.includes('gap'))
      exchange.faults.inject({ kind: 'drop' });
    if (item.kind === 'recovered') recovered.push(...item.productIds);
    if (recovered.length === 2) break;
  }
  expect(seen.slice(0, 3)).toEqual(['connected', 'sent', 'subscribed']);
  expect(seen.indexOf('stale')).toBe(seen.indexOf('gap') + 1);
  expect(recovered.toSorted()).toEqual(['BTC-USD', 'ETH-USD']);
  expect(feed.statistics).toMatchObject({ gaps: 1, missing: 1, reconnects: 0 });
});

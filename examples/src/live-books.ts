// Keeps exact books of a feed, and stops when there is one to look at.
import { createBook } from '@feedtape/book';
import { books, openFeed } from '@feedtape/client';
import { startExchange } from '@feedtape/simulator';

const exchange = await startExchange();
const { url } = exchange;

// #region books
const feed = openFeed({ url, subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }] });
for await (const { productId, status, book } of books(feed, createBook)) {
  if (status !== 'fresh') continue; // stale from a gap, a silence or a reconnect to the next snapshot
  console.log(productId, book.bestBid?.price, book.bestAsk?.price);
  break;
}
// #endregion

await exchange.close();

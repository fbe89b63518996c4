// Watches a feed and says what is missing. The sandbox exchange stands in for the real one here;
// leave out `url` for production, where public channels need no key.
import { openFeed } from '@feedtape/client';
import { startExchange } from '@feedtape/simulator';

const exchange = await startExchange({ products: ['BTC-USD'] });
let trades = 0;

// #region readme
const feed = openFeed({
  url: exchange.url,
  subscriptions: [{ channel: 'market_trades', productIds: ['BTC-USD'] }],
  signal: AbortSignal.timeout(3_000),
});

for await (const item of feed) {
  if (item.kind === 'gap') console.log(`${item.count ?? 'an unknown number of'} frames missing`);
  if (item.kind !== 'frame' || item.decoded.kind !== 'message') continue;
  const { message } = item.decoded;
  if (message.channel === 'market_trades') {
    trades += message.events.flatMap((event) => event.trades).length;
  }
}
console.log(`${trades >= 100 ? 'at least 100' : trades} trades`);
// #endregion

await exchange.close();

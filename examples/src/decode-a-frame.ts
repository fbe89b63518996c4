// What a frame says, typed and checked.
// #region decode
import { aggressorOf, decode, peek, subscribeRequest } from '@feedtape/protocol';

console.log(JSON.stringify(subscribeRequest({ channel: 'market_trades', productIds: ['BTC-USD'] })));

const frame = new TextEncoder().encode(
  '{"channel":"market_trades","timestamp":"2026-09-30T02:39:54.014999553Z","sequence_num":22,"events":[{"type":"update","trades":[{"product_id":"BTC-USD","trade_id":"1100253488","price":"83277.26","size":"0.00058346","time":"2026-09-30T02:39:53.977543Z","side":"SELL"}]}]}',
);
console.log(peek(frame));

const decoded = decode(frame);
if (decoded.kind === 'message' && decoded.channel === 'market_trades') {
  for (const trade of decoded.message.events.flatMap((event) => event.trades)) {
    console.log(`${trade.product_id} ${trade.price}: the aggressor did ${aggressorOf(trade)}`);
  }
}
// #endregion

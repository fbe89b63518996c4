import type { Decimal } from '../values/decimal.ts';
import type { MarketTradesEvent, Trade } from '../messages/market-trades.ts';
import { newArray } from './new-array.ts';
import type { Scanner } from './scanner.ts';
import { COUNT, IS_SNAPSHOT, MARKS_PER_TRADE, TIMESTAMP_END } from './scanner-layout.ts';

/** The event of a frame. */
export function marketTradesEvent({ header, marks }: Scanner, text: string): MarketTradesEvent {
  const count = header[COUNT]!;
  const trades = newArray<Trade>(count);
  let from = header[TIMESTAMP_END]!;
  for (let index = 0; index < count; index += 1) {
    const mark = index * MARKS_PER_TRADE;
    const productEnd = marks[mark]!;
    const idEnd = marks[mark + 1]!;
    const priceEnd = marks[mark + 2]!;
    const sizeEnd = marks[mark + 3]!;
    const timeEnd = marks[mark + 4]!;
    trades[index] = {
      product_id: text.slice(from, productEnd),
      trade_id: text.slice(productEnd, idEnd),
      price: text.slice(idEnd, priceEnd) as Decimal,
      size: text.slice(priceEnd, sizeEnd) as Decimal,
      time: text.slice(sizeEnd, timeEnd),
      side: marks[mark + 5] === 0 ? 'BUY' : 'SELL',
    };
    from = timeEnd;
  }
  return { type: header[IS_SNAPSHOT] === 0 ? 'update' : 'snapshot', trades };
}

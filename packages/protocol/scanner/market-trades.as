import { setCount, setIsSnapshot, setProductEnd } from './header';
import {
  pastBuy,
  pastNextTrade,
  pastPrice,
  pastSell,
  pastSize,
  pastTime,
  pastTradeId,
  pastTradesSnapshot,
  pastTradesUpdate,
} from './literals';
import { MARKS } from './memory';
import { takeDecimal, takeText, valuesLength } from './values';

/** Six 32-bit integers a trade: where its product, id, price, size and time end; 1 for a SELL, 0 for a BUY. */
const MARKS_PER_TRADE: usize = 24;

/** Reads the event at a position up to the quote that ends its last side; where that is, or 0. */
export function scanMarketTrades(at: usize): usize {
  const update = pastTradesUpdate(at);
  setIsSnapshot(update == 0);
  let product = update != 0 ? update : pastTradesSnapshot(at);
  let count = 0;
  let quote: usize = 0;
  while (product != 0) {
    quote = scanTrade(product, MARKS + MARKS_PER_TRADE * <usize>count);
    product = pastNextTrade(quote);
    count += 1;
  }
  setProductEnd(load<i32>(MARKS));
  setCount(count);
  return quote;
}

function scanTrade(product: usize, mark: usize): usize {
  let quote = takeText(product);
  store<i32>(mark, valuesLength());
  quote = takeText(pastTradeId(quote));
  store<i32>(mark + 4, valuesLength());
  quote = takeDecimal(pastPrice(quote));
  store<i32>(mark + 8, valuesLength());
  quote = takeDecimal(pastSize(quote));
  store<i32>(mark + 12, valuesLength());
  quote = takeText(pastTime(quote));
  store<i32>(mark + 16, valuesLength());
  const buy = pastBuy(quote);
  const end = buy != 0 ? buy : pastSell(quote);
  store<i32>(mark + 20, buy == 0);
  // The literal ends with the quote.
  return end == 0 ? 0 : end - 1;
}

import { setCount, setIsSnapshot, setProductEnd } from './header';
import {
  afterBuy,
  afterNextTrade,
  afterPrice,
  afterSell,
  afterSize,
  afterTime,
  afterTradeId,
  afterTradesSnapshot,
  afterTradesUpdate,
  isBuy,
  isNextTrade,
  isPrice,
  isSell,
  isSize,
  isTime,
  isTradeId,
  isTradesSnapshot,
  isTradesUpdate,
} from './literals';
import { MARKS } from './memory';
import { takeDecimal, takeText, valuesLength } from './values';

/** Six 32-bit integers a trade: where its product, id, price, size and time end; 1 for a SELL, 0 for a BUY. */
const MARKS_PER_TRADE: usize = 24;

/** Reads the event at a position up to the quote that ends its last side; where that is, or 0. */
export function scanMarketTrades(at: usize): usize {
  const isUpdate = isTradesUpdate(at);
  if (!isUpdate && !isTradesSnapshot(at)) return 0;
  setIsSnapshot(!isUpdate);
  let product = isUpdate ? afterTradesUpdate(at) : afterTradesSnapshot(at);
  let count = 0;
  let quote: usize = 0;
  do {
    quote = scanTrade(product, MARKS + MARKS_PER_TRADE * <usize>count);
    product = afterNextTrade(quote);
    count += 1;
  } while (isNextTrade(quote));
  setProductEnd(load<i32>(MARKS));
  setCount(count);
  return quote;
}

function scanTrade(product: usize, mark: usize): usize {
  let quote = takeText(product);
  if (!isTradeId(quote)) return 0;
  store<i32>(mark, valuesLength());
  quote = takeText(afterTradeId(quote));
  if (!isPrice(quote)) return 0;
  store<i32>(mark + 4, valuesLength());
  quote = takeDecimal(afterPrice(quote));
  if (!isSize(quote)) return 0;
  store<i32>(mark + 8, valuesLength());
  quote = takeDecimal(afterSize(quote));
  if (!isTime(quote)) return 0;
  store<i32>(mark + 12, valuesLength());
  quote = takeText(afterTime(quote));
  store<i32>(mark + 16, valuesLength());
  const isBuyer = isBuy(quote);
  if (!isBuyer && !isSell(quote)) return 0;
  store<i32>(mark + 20, !isBuyer);
  // The literal ends with the quote.
  return (isBuyer ? afterBuy(quote) : afterSell(quote)) - 1;
}

import { MARKS, MARKS_PER_TRADE } from '../src/fast-path/scanner-layout';
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
import { takeDecimal, takeText, valuesLength } from './values';

/** Reads the event at a position; returns the closing quote of its last side, or 0. */
export function scanMarketTrades(at: usize): usize {
  const isUpdate = isTradesUpdate(at);
  if (!isUpdate && !isTradesSnapshot(at)) return 0;
  setIsSnapshot(!isUpdate);
  let product = isUpdate ? afterTradesUpdate(at) : afterTradesSnapshot(at);
  let count = 0;
  let quote: usize = 0;
  do {
    quote = scanTrade(product, MARKS + 4 * MARKS_PER_TRADE * count);
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
  store<i32>(mark + 20, isBuyer ? 0 : 1);
  // The literal ends with the quote.
  return (isBuyer ? afterBuy(quote) : afterSell(quote)) - 1;
}

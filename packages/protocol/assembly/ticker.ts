import { DOCUMENTED_ORDER, MARKS, WIRE_ORDER, WITHOUT_BEST } from '../src/fast-path/scanner-layout';
import { setTickerForm, setIsSnapshot, setProductEnd } from './header';
import {
  afterBestAsk,
  afterBestAskQuantity,
  afterBestBid,
  afterBestBidQuantity,
  afterHigh24H,
  afterHigh52W,
  afterLow24H,
  afterLow52W,
  afterPrice,
  afterPricePercentChg24H,
  afterTickerSnapshot,
  afterTickerUpdate,
  afterVolume24H,
  isBestAsk,
  isBestAskQuantity,
  isBestBid,
  isBestBidQuantity,
  isHigh24H,
  isHigh52W,
  isLow24H,
  isLow52W,
  isPrice,
  isPricePercentChg24H,
  isTickerSnapshot,
  isTickerUpdate,
  isVolume24H,
} from './literals';
import { takeDecimal, takeText, valuesLength } from './values';

/** Reads the event at a position; returns the closing quote of its last value, or 0. */
export function scanTicker(at: usize): usize {
  const isUpdate = isTickerUpdate(at);
  if (!isUpdate && !isTickerSnapshot(at)) return 0;
  setIsSnapshot(!isUpdate);
  let quote = takeText(isUpdate ? afterTickerUpdate(at) : afterTickerSnapshot(at));
  setProductEnd(valuesLength());
  if (!isPrice(quote)) return 0;
  quote = takeFigure(afterPrice(quote), 0);
  if (!isVolume24H(quote)) return 0;
  quote = takeFigure(afterVolume24H(quote), 1);
  if (!isLow24H(quote)) return 0;
  quote = takeFigure(afterLow24H(quote), 2);
  if (!isHigh24H(quote)) return 0;
  quote = takeFigure(afterHigh24H(quote), 3);
  if (!isLow52W(quote)) return 0;
  quote = takeFigure(afterLow52W(quote), 4);
  if (!isHigh52W(quote)) return 0;
  quote = takeFigure(afterHigh52W(quote), 5);
  if (!isPricePercentChg24H(quote)) return 0;
  quote = takeFigure(afterPricePercentChg24H(quote), 6);
  setTickerForm(WITHOUT_BEST);
  return isBestBid(quote) ? scanBest(afterBestBid(quote)) : quote;
}

/** Reads the four best values, starting at that of `best_bid`. */
function scanBest(bid: usize): usize {
  let quote = takeFigure(bid, 7);
  if (isBestAsk(quote)) {
    setTickerForm(WIRE_ORDER);
    quote = takeFigure(afterBestAsk(quote), 8);
    if (!isBestBidQuantity(quote)) return 0;
    quote = takeFigure(afterBestBidQuantity(quote), 9);
  } else {
    setTickerForm(DOCUMENTED_ORDER);
    if (!isBestBidQuantity(quote)) return 0;
    quote = takeFigure(afterBestBidQuantity(quote), 8);
    if (!isBestAsk(quote)) return 0;
    quote = takeFigure(afterBestAsk(quote), 9);
  }
  return isBestAskQuantity(quote) ? takeFigure(afterBestAskQuantity(quote), 10) : 0;
}

/** Takes a decimal and stores where it ends. */
function takeFigure(at: usize, index: i32): usize {
  const quote = takeDecimal(at);
  store<i32>(MARKS + 4 * index, valuesLength());
  return quote;
}

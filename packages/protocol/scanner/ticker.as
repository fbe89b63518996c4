import { setForm, setIsSnapshot, setProductEnd } from './header';
import {
  pastBestAsk,
  pastBestAskQuantity,
  pastBestBid,
  pastBestBidQuantity,
  pastHigh24H,
  pastHigh52W,
  pastLow24H,
  pastLow52W,
  pastPrice,
  pastPricePercentChg24H,
  pastTickerSnapshot,
  pastTickerUpdate,
  pastVolume24H,
} from './literals';
import { MARKS } from './memory';
import { takeDecimal, takeText, valuesLength } from './values';

/** The four best values are not there (as in a ticker_batch), in the order of the wire, or in the documentation's. */
const WITHOUT_BEST: i32 = 0;
const AS_SENT: i32 = 1;
const AS_DOCUMENTED: i32 = 2;

/** Reads the event at a position up to the quote that ends its last value; where that is, or 0. */
export function scanTicker(at: usize): usize {
  const update = pastTickerUpdate(at);
  setIsSnapshot(update == 0);
  let quote = takeText(update != 0 ? update : pastTickerSnapshot(at));
  setProductEnd(valuesLength());
  quote = takeFigure(pastPrice(quote), 0);
  quote = takeFigure(pastVolume24H(quote), 1);
  quote = takeFigure(pastLow24H(quote), 2);
  quote = takeFigure(pastHigh24H(quote), 3);
  quote = takeFigure(pastLow52W(quote), 4);
  quote = takeFigure(pastHigh52W(quote), 5);
  quote = takeFigure(pastPricePercentChg24H(quote), 6);
  return scanBest(quote);
}

function scanBest(before: usize): usize {
  const bid = pastBestBid(before);
  if (bid == 0) {
    setForm(WITHOUT_BEST);
    return before;
  }
  let quote = takeFigure(bid, 7);
  const ask = pastBestAsk(quote);
  if (ask != 0) {
    setForm(AS_SENT);
    quote = takeFigure(pastBestBidQuantity(takeFigure(ask, 8)), 9);
  } else {
    setForm(AS_DOCUMENTED);
    quote = takeFigure(pastBestAsk(takeFigure(pastBestBidQuantity(quote), 8)), 9);
  }
  return takeFigure(pastBestAskQuantity(quote), 10);
}

/** Takes a decimal and marks where it ends. */
function takeFigure(at: usize, index: usize): usize {
  const quote = takeDecimal(at);
  store<i32>(MARKS + 4 * index, valuesLength());
  return quote;
}

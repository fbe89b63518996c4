import {
  HEARTBEATS,
  INPUT,
  LEVEL2,
  MARKET_TRADES,
  NO_MATCH,
  TICKER,
  TICKER_BATCH,
} from '../src/fast-path/scanner-layout';
import { setClientIdEnd, setSequence, setTimestampEnd } from './header';
import {
  afterHeartbeatsClient,
  afterHeartbeatsHead,
  afterLevel2Client,
  afterLevel2Head,
  afterMarketTradesClient,
  afterMarketTradesHead,
  afterSequence,
  afterTickerBatchClient,
  afterTickerBatchHead,
  afterTickerClient,
  afterTickerHead,
  afterTimestamp,
  isHeartbeatsClient,
  isHeartbeatsHead,
  isLevel2Client,
  isLevel2Head,
  isMarketTradesClient,
  isMarketTradesHead,
  isSequence,
  isTickerBatchClient,
  isTickerBatchHead,
  isTickerClient,
  isTickerHead,
  isTimestamp,
} from './literals';
import { integerAt, integerEnd } from './value';
import { clearValues, takeText, valuesLength } from './values';

/** The channel of the newest envelope. */
export let channel: i32 = NO_MATCH;

/** Reads an envelope, in the exchange's order of keys; returns where its sequence number ends, or 0. */
export function scanEnvelope(): usize {
  clearValues();
  setClientIdEnd(-1);
  const quote = takeText(scanHead());
  setTimestampEnd(valuesLength());
  if (!isSequence(quote)) return 0;
  const sequence = afterSequence(quote);
  const end = integerEnd(sequence);
  if (end !== 0) setSequence(integerAt(sequence, end));
  return end;
}

/** Matches what precedes the timestamp; returns where the timestamp begins, or 0. */
/* @inline */ function scanHead(): usize {
  // Most frames are level2: no call for them.
  if (!isLevel2Head(INPUT)) return scanOtherHead();
  channel = LEVEL2;
  return afterLevel2Head(INPUT);
}

function scanOtherHead(): usize {
  if (isTickerHead(INPUT)) return begin(TICKER, afterTickerHead(INPUT));
  if (isMarketTradesHead(INPUT)) return begin(MARKET_TRADES, afterMarketTradesHead(INPUT));
  if (isHeartbeatsHead(INPUT)) return begin(HEARTBEATS, afterHeartbeatsHead(INPUT));
  if (isTickerBatchHead(INPUT)) return begin(TICKER_BATCH, afterTickerBatchHead(INPUT));
  const quote = takeText(scanClientHead());
  if (!isTimestamp(quote)) return 0;
  setClientIdEnd(valuesLength());
  return afterTimestamp(quote);
}

/** Matches what precedes the `client_id`; returns where that begins, or 0. */
function scanClientHead(): usize {
  if (isLevel2Client(INPUT)) return begin(LEVEL2, afterLevel2Client(INPUT));
  if (isTickerClient(INPUT)) return begin(TICKER, afterTickerClient(INPUT));
  if (isMarketTradesClient(INPUT)) return begin(MARKET_TRADES, afterMarketTradesClient(INPUT));
  if (isHeartbeatsClient(INPUT)) return begin(HEARTBEATS, afterHeartbeatsClient(INPUT));
  if (isTickerBatchClient(INPUT)) return begin(TICKER_BATCH, afterTickerBatchClient(INPUT));
  return 0;
}

/* @inline */ function begin(which: i32, next: usize): usize {
  channel = which;
  return next;
}

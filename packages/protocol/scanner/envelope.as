import { HEARTBEATS, LEVEL2, MARKET_TRADES, TICKER, TICKER_BATCH, UNEXPECTED } from './channel';
import { setClientIdEnd, setSequence, setTimestampEnd } from './header';
import {
  afterLevel2Head,
  afterSequence,
  isLevel2Head,
  isSequence,
  pastHeartbeatsClient,
  pastHeartbeatsHead,
  pastLevel2Client,
  pastMarketTradesClient,
  pastMarketTradesHead,
  pastTickerBatchClient,
  pastTickerBatchHead,
  pastTickerClient,
  pastTickerHead,
  pastTimestamp,
} from './literals';
import { INPUT } from './memory';
import { integerAt, integerEnd } from './value';
import { clearValues, takeText, valuesLength } from './values';

/** The channel of the last envelope. */
export let channel: i32 = UNEXPECTED;

/** Reads an envelope up to its sequence number, in the exchange's order of keys; where that ends, or 0. */
export function scanEnvelope(): usize {
  clearValues();
  setClientIdEnd(-1);
  const quote = takeText(scanHead());
  setTimestampEnd(valuesLength());
  if (!isSequence(quote)) return 0;
  const sequence = afterSequence(quote);
  const end = integerEnd(sequence);
  if (end != 0) setSequence(integerAt(sequence, end));
  return end;
}

/** Reads up to the timestamp. */
@inline function scanHead(): usize {
  // Nearly all frames.
  if (!isLevel2Head(INPUT)) return scanOtherHead();
  channel = LEVEL2;
  return afterLevel2Head(INPUT);
}

function scanOtherHead(): usize {
  channel = TICKER;
  let timestamp = pastTickerHead(INPUT);
  if (timestamp != 0) return timestamp;
  channel = MARKET_TRADES;
  timestamp = pastMarketTradesHead(INPUT);
  if (timestamp != 0) return timestamp;
  channel = HEARTBEATS;
  timestamp = pastHeartbeatsHead(INPUT);
  if (timestamp != 0) return timestamp;
  channel = TICKER_BATCH;
  timestamp = pastTickerBatchHead(INPUT);
  if (timestamp != 0) return timestamp;
  const quote = takeText(scanClientHead());
  setClientIdEnd(valuesLength());
  return pastTimestamp(quote);
}

/** Reads up to the client_id. */
function scanClientHead(): usize {
  channel = LEVEL2;
  let clientId = pastLevel2Client(INPUT);
  if (clientId != 0) return clientId;
  channel = TICKER;
  clientId = pastTickerClient(INPUT);
  if (clientId != 0) return clientId;
  channel = MARKET_TRADES;
  clientId = pastMarketTradesClient(INPUT);
  if (clientId != 0) return clientId;
  channel = HEARTBEATS;
  clientId = pastHeartbeatsClient(INPUT);
  if (clientId != 0) return clientId;
  channel = TICKER_BATCH;
  return pastTickerBatchClient(INPUT);
}

const figures =
  '"price":"64281.7","volume_24_h":"3974.98800786","low_24_h":"63454","high_24_h":"64727.27","low_52_w":"59073.01","high_52_w":"126296","price_percent_chg_24_h":"1.21471769193719"';
const frame = (channel: string, ticker: string): string =>
  `{"channel":"${channel}","timestamp":"2026-06-14T05:35:45.435813533Z","sequence_num":16,"events":[{"type":"update","tickers":[{"type":"ticker","product_id":"BTC-USD",${ticker}}]}]}`;

/** Frames with tickers: the order of 2026 (a public capture), the documentation's, a batch, and one of 2024. */
export const tickerFrames: readonly string[] = [
  frame(
    'ticker',
    `${figures},"best_bid":"64281.7","best_ask":"64281.71","best_bid_quantity":"0.21558849","best_ask_quantity":"0.02287045"`,
  ),
  frame(
    'ticker',
    `${figures},"best_bid":"64281.7","best_bid_quantity":"0.21558849","best_ask":"64281.71","best_ask_quantity":"0.02287045"`,
  ),
  frame('ticker_batch', figures),
  frame('ticker', figures)
    .replace('"timestamp"', '"client_id":"","timestamp"')
    .replace('"1.2147', '"-0.0000012147'),
];

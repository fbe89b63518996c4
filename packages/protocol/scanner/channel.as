// What a scan returns; `src/fast-path/scanner.ts` has the same numbers.
export const UNEXPECTED: i32 = 0;
export const LEVEL2: i32 = 1;
export const TICKER: i32 = 2;
export const TICKER_BATCH: i32 = 3;
export const MARKET_TRADES: i32 = 4;
export const HEARTBEATS: i32 = 5;

import type { Product } from '../product-catalog.ts';
import type { Random } from '../random.ts';
import { decimalText } from '../wire-text.ts';
import type { Trade } from './trading.ts';

/** One five-minute bucket. Prices in ticks, volume in units of 10 ** -8. */
export interface Candle {
  readonly startSeconds: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** What ticker and candles say of the past: figures that trades move. */
export interface Statistics {
  readonly lastTicks: number;
  readonly lastText: string;
  readonly volume24h: number;
  /** Lows and highs of a day and of a year, as the ticker has them. */
  readonly rangeText: string;
  /** In percent. */
  readonly change24h: number;
  /** Oldest first, at most {@link CANDLES}; buckets without a trade are missing. */
  readonly candles: readonly Candle[];
  record(trade: Trade, unixSeconds: number): void;
}

const CANDLES = 100;
const BUCKET_SECONDS = 300;

/** Invents a past that ends at the product's starting price. */
export function createStatistics(
  product: Product,
  lastText: string,
  random: Random,
  unixSeconds: number,
): Statistics {
  const candles = inventCandles(product, random, unixSeconds);
  let last = product.startTicks;
  let text = lastText;
  let low = Math.min(last, ...candles.map((candle) => candle.low));
  let high = Math.max(last, ...candles.map((candle) => candle.high));
  const open24h = Math.max(1, Math.round(last * (0.95 + 0.1 * random())));
  let volume = Math.round(product.usualSize * 60_000 * (0.5 + random()));
  low = Math.min(low, open24h);
  high = Math.max(high, open24h);
  const low52w = Math.round(low * (0.4 + 0.4 * random()));
  const high52w = Math.round(high * (1.1 + 0.6 * random()));
  let range: string | undefined;
  const price = (ticks: number): string => decimalText(ticks, product.priceDecimals);
  const rangeText = (): string =>
    `"low_24_h":"${price(low)}","high_24_h":"${price(high)}","low_52_w":"${price(Math.min(low52w, low))}","high_52_w":"${price(Math.max(high52w, high))}"`;

  return {
    get lastTicks() {
      return last;
    },
    get lastText() {
      return text;
    },
    get volume24h() {
      return volume;
    },
    get rangeText() {
      return (range ??= rangeText());
    },
    get change24h() {
      return (100 * (last - open24h)) / open24h;
    },
    candles,
    record(trade, seconds) {
      last = trade.priceTicks;
      text = trade.priceText;
      volume += trade.size;
      if (last < low || last > high) range = undefined;
      low = Math.min(low, last);
      high = Math.max(high, last);
      addToCandle(candles, trade, seconds - (seconds % BUCKET_SECONDS));
    },
  };
}

function addToCandle(candles: Candle[], trade: Trade, startSeconds: number): void {
  const current = candles.at(-1);
  if (current !== undefined && current.startSeconds === startSeconds) {
    current.high = Math.max(current.high, trade.priceTicks);
    current.low = Math.min(current.low, trade.priceTicks);
    current.close = trade.priceTicks;
    current.volume += trade.size;
    return;
  }
  const price = trade.priceTicks;
  candles.push({ startSeconds, open: price, high: price, low: price, close: price, volume: trade.size });
  if (candles.length > CANDLES) candles.shift();
}

/** A walk backwards from the starting price. Quiet products have buckets without a trade. */
function inventCandles(product: Product, random: Random, unixSeconds: number): Candle[] {
  const newest = unixSeconds - (unixSeconds % BUCKET_SECONDS) - BUCKET_SECONDS;
  const candles: Candle[] = [];
  let close = product.startTicks;
  for (let index = 0; index < CANDLES; index += 1) {
    const open = Math.max(1, Math.round(close * (1 + 0.004 * (random() - 0.5))));
    const wick = Math.round(close * 0.001 * random());
    const volume = Math.round(product.usualSize * 200 * (0.2 + random()));
    const traded = random() < Math.max(0.3, product.activity);
    if (traded) {
      candles.unshift({
        startSeconds: newest - index * BUCKET_SECONDS,
        open,
        high: Math.max(open, close) + wick,
        low: Math.max(1, Math.min(open, close) - wick),
        close,
        volume,
      });
    }
    close = open;
  }
  return candles;
}

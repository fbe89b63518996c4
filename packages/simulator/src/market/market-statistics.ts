import type { Product } from './product-catalog.ts';
import type { Random } from '../model/random.ts';
import { decimalText } from './wire-text.ts';
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

const CANDLES = 100;
const BUCKET_SECONDS = 300;

/**
 * Statistics for ticker and candles, updated by trades. Starts with a generated past that ends at the product's
 * starting price. (A class for the same reason as the ladder.)
 */
export class Statistics {
  lastText: string;
  lastTicks: number;
  volume24h: number;
  /** Oldest first, at most {@link CANDLES}; buckets without a trade are missing. */
  readonly candles: Candle[];
  readonly #open24h: number;
  readonly #low52w: number;
  readonly #high52w: number;
  readonly #priceDecimals: number;
  #low: number;
  #high: number;
  #range: string | undefined;

  constructor(product: Product, lastText: string, random: Random, unixSeconds: number) {
    this.candles = inventCandles(product, random, unixSeconds);
    this.lastTicks = product.startTicks;
    this.lastText = lastText;
    this.#priceDecimals = product.priceDecimals;
    this.#open24h = Math.max(1, Math.round(this.lastTicks * (0.95 + 0.1 * random())));
    this.volume24h = Math.round(product.usualSize * 60_000 * (0.5 + random()));
    const lows = this.candles.map(({ low }) => low);
    const highs = this.candles.map(({ high }) => high);
    this.#low = Math.min(this.lastTicks, this.#open24h, ...lows);
    this.#high = Math.max(this.lastTicks, this.#open24h, ...highs);
    this.#low52w = Math.round(this.#low * (0.4 + 0.4 * random()));
    this.#high52w = Math.round(this.#high * (1.1 + 0.6 * random()));
  }

  /** Lows and highs of a day and of a year, as the ticker has them. */
  get rangeText(): string {
    return (this.#range ??= this.#writeRange());
  }

  #writeRange(): string {
    const price = (ticks: number): string => decimalText(ticks, this.#priceDecimals);
    const low52w = Math.min(this.#low52w, this.#low);
    const high52w = Math.max(this.#high52w, this.#high);
    return `"low_24_h":"${price(this.#low)}","high_24_h":"${price(this.#high)}","low_52_w":"${price(low52w)}","high_52_w":"${price(high52w)}"`;
  }

  /** In percent. */
  get change24h(): number {
    return (100 * (this.lastTicks - this.#open24h)) / this.#open24h;
  }

  record(trade: Trade, unixSeconds: number): void {
    const { priceTicks } = trade;
    this.lastTicks = priceTicks;
    this.lastText = trade.priceText;
    this.volume24h += trade.size;
    if (priceTicks < this.#low || priceTicks > this.#high) this.#range = undefined;
    this.#low = Math.min(this.#low, priceTicks);
    this.#high = Math.max(this.#high, priceTicks);
    addToCandle(this.candles, trade, unixSeconds - (unixSeconds % BUCKET_SECONDS));
  }
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

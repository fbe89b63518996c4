import { createRandom, hashText } from '../model/random.ts';

/** What the exchange lists, and how lively its market is. */
export interface Product {
  readonly id: string;
  readonly base: string;
  readonly quote: string;
  /** Where the price starts, in ticks of 10 ** -priceDecimals. */
  readonly startTicks: number;
  readonly priceDecimals: number;
  /** A usual order, in units of 10 ** -8. */
  readonly usualSize: number;
  /** How likely something happens to the book within one level2 flush: 1 is a major. */
  readonly activity: number;
}

/** Start price, its decimals, a usual size, activity: rough figures of September 2026. */
const KNOWN: ReadonlyMap<string, readonly [number, number, number, number]> = new Map([
  ['BTC-USD', [83_277.25, 2, 0.05, 1]],
  ['ETH-USD', [2_666.07, 2, 1.5, 1]],
  ['SOL-USD', [142.31, 2, 20, 0.6]],
  ['XRP-USD', [2.2841, 4, 1_200, 0.5]],
  ['DOGE-USD', [0.18213, 5, 9_000, 0.5]],
  ['ADA-USD', [0.6512, 4, 2_500, 0.3]],
  ['LTC-USD', [88.42, 2, 12, 0.3]],
  ['LINK-USD', [14.318, 3, 80, 0.3]],
  ['AVAX-USD', [21.55, 2, 60, 0.3]],
  ['BCH-USD', [412.7, 2, 3, 0.2]],
  ['USDT-USDC', [0.9998, 4, 25_000, 0.2]],
  ['EURC-USDC', [1.1642, 4, 9_000, 0.2]],
]);

/** Listed when the caller names no products. */
export const DEFAULT_PRODUCTS: readonly string[] = [...KNOWN.keys()].filter((id) => id.endsWith('-USD'));

/** Quoted in USDC in their own right: every other `X-USDC` is another name of `X-USD` (facts, section 7). */
const OWN_USDC_BOOK: ReadonlySet<string> = new Set([
  'USDT-USDC',
  'EURC-USDC',
  'XSGD-USDC',
  'AUDD-USDC',
  'TGBP-USDC',
]);

/** The product whose market data `id` gets: `BTC-USDC` is served as `BTC-USD`. */
export function servedAs(id: string): string {
  return id.endsWith('-USDC') && !OWN_USDC_BOOK.has(id) ? id.slice(0, -1) : id;
}

/** Looks a product up, or makes one up that is the same for every seed. */
export function describeProduct(id: string): Product {
  const [base = id, quote = 'USD'] = id.split('-');
  const [price, priceDecimals, size, activity] = KNOWN.get(id) ?? inventedMarket(id);
  return {
    id,
    base,
    quote,
    startTicks: Math.round(price * 10 ** priceDecimals),
    priceDecimals,
    usualSize: Math.round(size * 1e8),
    activity,
  };
}

function inventedMarket(id: string): readonly [number, number, number, number] {
  const random = createRandom(hashText(id) >>> 0, 'product');
  const priceDecimals = 2 + Math.floor(random() * 4);
  const price = 10 ** (4.2 - priceDecimals) * (1 + 9 * random());
  return [price, priceDecimals, 500 / price, 0.1 + 0.3 * random()];
}

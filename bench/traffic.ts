import { readFileSync } from 'node:fs';
import { seededRandom } from './random.ts';

/** How much traffic, and of how many products. */
export interface TrafficOptions {
  readonly seed?: number;
  /** Frames after the snapshots. */
  readonly frames?: number;
  readonly products?: number;
  /** Levels of each product's snapshot, both sides together. */
  readonly snapshotLevels?: number;
}

/** The whole mix: 325 MB. */
export const FULL_MIX: Required<TrafficOptions> = {
  seed: 1,
  frames: 500_000,
  products: 10,
  snapshotLevels: 30_000,
};

/** A fifth of it with the same proportions, for work inside one process. */
export const SHORT_MIX: Required<TrafficOptions> = { ...FULL_MIX, frames: 100_000, snapshotLevels: 6_000 };

const START_MS = Date.UTC(2026, 8, 30, 2, 40);

/**
 * The frames of one connection, byte-identical for the same options: a level2 snapshot of each product, then 85 %
 * level2 updates (1 to 20 levels, median 3, now and then 200), 8 % ticker, 6 % market_trades (1 to 5 trades),
 * 1 % heartbeats; about 650 bytes a frame. Books built from it never cross.
 */
export function* mixedTraffic(options: TrafficOptions = {}): Generator<string> {
  const { seed, frames, products: count, snapshotLevels } = { ...FULL_MIX, ...options };
  const random = seededRandom(seed);
  const products = Array.from({ length: count }, (_, index) => product(index, random));
  const clock: Clock = { us: 0, random };
  let sequence = 0;
  for (const each of products)
    yield envelope('l2_data', clock, sequence++, snapshot(each, snapshotLevels, clock));
  for (let frame = 0; frame < frames; frame += 1) {
    clock.us += Math.floor(random() * 400);
    const each = products[Math.floor(random() * count)]!;
    const kind = random();
    if (kind < 0.85) yield envelope('l2_data', clock, sequence++, update(each, clock));
    else if (kind < 0.93) yield envelope('ticker', clock, sequence++, ticker(each, random));
    else if (kind < 0.99) yield envelope('market_trades', clock, sequence++, trades(each, clock));
    else yield envelope('heartbeats', clock, sequence++, heartbeat(clock));
  }
}

/** One snapshot frame; BTC-USD has about 44,000 levels. */
export function snapshotFrame(levels: number, seed = 1): string {
  const random = seededRandom(seed);
  const clock: Clock = { us: 0, random };
  return envelope('l2_data', clock, 0, snapshot(product(0, random), levels, clock));
}

/**
 * The published frames of one production connection; after the last, those that follow its acknowledgements again,
 * with the sequence number counting on.
 */
export function* realTraffic(frames: number): Generator<string> {
  const file = new URL(
    '../packages/protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv',
    import.meta.url,
  );
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const texts = lines.map((line) => line.slice(line.indexOf('\t') + 1));
  const steady = texts.slice(12);
  for (let sequence = 0; sequence < frames; sequence += 1) {
    const text = texts[sequence] ?? steady[(sequence - texts.length) % steady.length]!;
    yield text.replace(/"sequence_num":\d+/, `"sequence_num":${sequence}`);
  }
}

interface Clock {
  /** Microseconds since the start. */
  us: number;
  readonly random: () => number;
}

interface Product {
  readonly id: string;
  /** The highest possible bid, in ticks; offers start one tick above it. */
  readonly middle: number;
  readonly decimals: number;
  /** Sizes are multiples of `10 ** -sizeDecimals`. */
  readonly sizeDecimals: number;
  tradeId: number;
}

const NAMES = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'ADA', 'LINK', 'AVAX', 'LTC', 'SHIB'];

function product(index: number, random: () => number): Product {
  const name = NAMES[index] ?? `COIN${index}`;
  return {
    id: `${name}-USD`,
    middle: 200_000 + Math.floor(random() * 8_000_000),
    decimals: 2 + (index % 4) * 2,
    sizeDecimals: 8 - (index % 3),
    tradeId: 1_100_000_000 + Math.floor(random() * 1e6),
  };
}

function envelope(channel: string, clock: Clock, sequence: number, event: string): string {
  const ns = String(Math.floor(clock.random() * 1000)).padStart(3, '0');
  return `{"channel":"${channel}","timestamp":"${time(clock.us + 30_000, ns)}","sequence_num":${sequence},"events":[${event}]}`;
}

function snapshot(each: Product, levels: number, clock: Clock): string {
  const at = time(clock.us);
  const half = Math.floor(levels / 2);
  const bids = Array.from({ length: half }, (_, i) =>
    level('bid', at, each, each.middle - 2 * i, clock.random),
  );
  const offers = Array.from({ length: levels - half }, (_, i) =>
    level('offer', at, each, each.middle + 1 + 2 * i, clock.random),
  );
  return l2Event('snapshot', each, [...bids, ...offers]);
}

function update(each: Product, clock: Clock): string {
  const { random } = clock;
  const count = random() < 0.004 ? 200 : Math.min(20, 1 + Math.floor(-Math.log(1 - random()) * 2.9));
  const bids = Math.round(count * random());
  const at = time(clock.us);
  const levels = Array.from({ length: count }, (_, index) => {
    // Most changes are near the best price, a few are far away.
    const distance = Math.floor(-Math.log(1 - random()) * (random() < 0.9 ? 20 : 2_000));
    const isBid = index < bids;
    const price = isBid ? each.middle - distance : each.middle + 1 + distance;
    return level(isBid ? 'bid' : 'offer', at, each, Math.max(1, price), random, 0.35);
  });
  return l2Event('update', each, levels);
}

function l2Event(type: string, each: Product, levels: readonly string[]): string {
  return `{"type":"${type}","product_id":"${each.id}","updates":[${levels.join(',')}]}`;
}

function level(
  side: string,
  at: string,
  each: Product,
  price: number,
  random: () => number,
  deletes = 0,
): string {
  const size = random() < deletes ? '0' : decimal(1 + Math.floor(random() ** 4 * 5e8), each.sizeDecimals);
  return `{"side":"${side}","event_time":"${at}","price_level":"${decimal(price, each.decimals)}","new_quantity":"${size}"}`;
}

function trades(each: Product, clock: Clock): string {
  const items = Array.from({ length: 1 + Math.floor(clock.random() * 5) }, () => {
    each.tradeId += 1;
    const bid = clock.random() < 0.5;
    const price = decimal(bid ? each.middle : each.middle + 1, each.decimals);
    const size = decimal(1 + Math.floor(clock.random() ** 4 * 1e8), each.sizeDecimals);
    return `{"product_id":"${each.id}","trade_id":"${each.tradeId}","price":"${price}","size":"${size}","time":"${time(clock.us)}","side":"${bid ? 'BUY' : 'SELL'}"}`;
  });
  return `{"type":"update","trades":[${items.toReversed().join(',')}]}`;
}

function ticker(each: Product, random: () => number): string {
  const near = (share: number): string => decimal(Math.floor(each.middle * share), each.decimals);
  const size = (): string => decimal(1 + Math.floor(random() ** 4 * 5e8), each.sizeDecimals);
  const fields = {
    type: 'ticker',
    product_id: each.id,
    price: near(1),
    volume_24_h: decimal(Math.floor(random() * 1e12), 8),
    low_24_h: near(0.97),
    high_24_h: near(1.02),
    low_52_w: near(0.5),
    high_52_w: near(1.5),
    price_percent_chg_24_h: decimal(Math.floor(random() * 1e14), 14),
    best_bid: near(1),
    best_ask: decimal(each.middle + 1, each.decimals),
    best_bid_quantity: size(),
    best_ask_quantity: size(),
  };
  return `{"type":"update","tickers":[${JSON.stringify(fields)}]}`;
}

function heartbeat(clock: Clock): string {
  const seconds = 139_651 + Math.floor(clock.us / 1e6);
  const at = time(clock.us).replace('T', ' ').replace('Z', '');
  return `{"current_time":"${at} +0000 UTC m=+${seconds}.272674714","heartbeat_counter":${seconds}}`;
}

/** RFC 3339 with the trailing zeros of the fraction cut, as the exchange writes it. */
function time(us: number, ns = ''): string {
  const whole = new Date(START_MS + Math.floor(us / 1e6) * 1000).toISOString().slice(0, 19);
  const fraction = trimZeros(String(us % 1e6).padStart(6, '0') + ns);
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`;
}

function decimal(integer: number, decimals: number): string {
  const digits = String(integer).padStart(decimals + 1, '0');
  const fraction = trimZeros(digits.slice(-decimals));
  const whole = digits.slice(0, -decimals);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

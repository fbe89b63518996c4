import type { Product } from './product-catalog.ts';
import { below, createRandom, type Random } from '../model/random.ts';
import { MS, type TimeText } from './wire-text.ts';
import {
  candlesEvent,
  level2Event,
  statusEvent,
  tickerEvent,
  type Touch,
  tradesEvent,
} from './event-text.ts';
import { Ladder } from './price-ladder.ts';
import { LazyPublication, type Publication } from './publication.ts';
import { Statistics } from './market-statistics.ts';
import { createTrading, type Trade } from './trading.ts';

export type Publish = (publication: Publication) => void;
/** Channels that begin with a snapshot of one product. */
export type SnapshotChannel = 'level2' | 'market_trades' | 'ticker' | 'ticker_batch' | 'candles' | 'status';

/** One product: its book, its trades, and their publications. */
export interface ProductMarket {
  readonly product: Product;
  /** Simulates the period that ends at `at` and flushes the book: `l2_data`, then a ticker per match. */
  flushBook(at: number, publish: Publish): void;
  /** Publishes the trades since the last flush. */
  flushTrades(at: number, publish: Publish): void;
  flushCandles(at: number, publish: Publish): void;
  flushTickerBatch(at: number, publish: Publish): void;
  flushStatus(at: number, publish: Publish): void;
  /** The event of a snapshot, as of the last flush. */
  snapshot(channel: SnapshotChannel): string;
}

const TRADES_IN_SNAPSHOT = 100;
const FLUSH_WINDOW = 50 * MS;
/** The book's time is this much older than the frame's: 26 to 55 ms on the real feed (facts, section 3.6). */
const VENUE_LAG = 26 * MS;
const VENUE_LAG_SPREAD = 29 * MS;

export interface MarketSettings {
  readonly seed: number;
  readonly depth: number;
  readonly time: TimeText;
}

export function createProductMarket(product: Product, { seed, depth, time }: MarketSettings): ProductMarket {
  const { id, activity } = product;
  const random = createRandom(seed, id);
  const ladder = new Ladder(product, depth, random);
  const firstTradeId = 100_000_000 + below(random, 1_000_000_000);
  const trading = createTrading(product, ladder, random, firstTradeId);
  const statistics = new Statistics(product, ladder.priceText(ladder.bestBid), random, time.unixSeconds(0));
  const history: Trade[] = [];
  let eventAt = -200 * MS;
  let untold: Trade[] = [];
  let candleMoved = false;
  let batchTicks = statistics.lastTicks;
  warmUp();

  /** The last hundred trades precede the start. */
  function warmUp(): void {
    let ago = 25_000 * MS;
    while (history.length < TRADES_IN_SNAPSHOT) {
      ago = Math.max(200 * MS, ago - below(random, 20) * MS);
      trading.step(Math.floor(-ago / 1000) * 1000, history);
    }
    ladder.flush();
    for (const trade of history) statistics.record(trade, time.unixSeconds(trade.at));
  }

  const touch = (): Touch => ({
    bidText: ladder.priceText(ladder.bestBid),
    askText: ladder.priceText(ladder.bestOffer),
    bidSize: ladder.size(ladder.bestBid),
    askSize: ladder.size(ladder.bestOffer),
  });

  return {
    product,
    flushBook(at, publish) {
      const count = eventsInWindow(random, activity);
      if (count === 0) return;
      eventAt = Math.floor((at - VENUE_LAG - below(random, VENUE_LAG_SPREAD)) / 1000) * 1000;
      const matches: Trade[] = [];
      for (let index = 0; index < count; index += 1) {
        const instant =
          eventAt - Math.floor(((count - 1 - index) * FLUSH_WINDOW) / (3 * count) / 1000) * 1000;
        trading.step(instant, matches);
      }
      const changes = ladder.flush();
      const stamp = at + below(random, MS);
      if (changes.count > 0) {
        publish(
          new LazyPublication(stamp, 'l2_data', id, () =>
            level2Event('update', id, { ladder, changes }, time.micros(eventAt)),
          ),
        );
      }
      for (const match of matches) {
        untold.push(match);
        statistics.record(match, time.unixSeconds(match.at));
        candleMoved = true;
        publish(
          new LazyPublication(stamp, 'ticker', id, () => tickerEvent('update', product, statistics, touch())),
        );
      }
    },
    flushTrades(at, publish) {
      if (untold.length === 0) return;
      // A snapshot holds what has been published, so that the next update continues it.
      history.push(...untold);
      if (history.length > 2 * TRADES_IN_SNAPSHOT) history.splice(0, history.length - TRADES_IN_SNAPSHOT);
      const trades = untold.toReversed();
      untold = [];
      publish(
        new LazyPublication(at + below(random, MS), 'market_trades', id, () =>
          tradesEvent('update', id, trades, time.micros),
        ),
      );
    },
    flushCandles(at, publish) {
      if (!candleMoved) return;
      candleMoved = false;
      publish(
        new LazyPublication(at, 'candles', id, () =>
          candlesEvent('update', product, statistics.candles.slice(-1)),
        ),
      );
    },
    flushTickerBatch(at, publish) {
      if (statistics.lastTicks === batchTicks) return;
      batchTicks = statistics.lastTicks;
      publish(
        new LazyPublication(at, 'ticker_batch', id, () =>
          tickerEvent('update', product, statistics, undefined),
        ),
      );
    },
    flushStatus(at, publish) {
      publish(new LazyPublication(at, 'status', id, () => statusEvent('update', product)));
    },
    snapshot(channel) {
      switch (channel) {
        case 'level2':
          return level2Event('snapshot', id, { ladder, changes: ladder.levels() }, time.micros(eventAt));
        case 'market_trades':
          return tradesEvent('snapshot', id, history.slice(-TRADES_IN_SNAPSHOT).toReversed(), time.micros);
        case 'ticker':
          return tickerEvent('snapshot', product, statistics, touch());
        case 'ticker_batch':
          return tickerEvent('snapshot', product, statistics, undefined);
        case 'candles':
          return candlesEvent('snapshot', product, statistics.candles);
        case 'status':
          return statusEvent('snapshot', product);
      }
    },
  };
}

/** Events of a book in 50 ms: mostly a handful, now and then a hundred. */
function eventsInWindow(random: Random, activity: number): number {
  if (random() >= activity) return 0;
  const calm = 1 + Math.floor(-Math.log(1 - random()) * 4);
  return random() < 0.03 ? calm * 12 : calm;
}

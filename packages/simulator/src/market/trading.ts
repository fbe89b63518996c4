import type { Product } from './product-catalog.ts';
import { below, type Random } from '../model/random.ts';
import { type Ladder, orderSize } from './price-ladder.ts';

/** One match. `side` is the maker's, as the exchange labels trades (facts, section 3.7). */
export interface Trade {
  readonly id: number;
  readonly priceTicks: number;
  readonly priceText: string;
  /** Units of 10 ** -8. */
  readonly size: number;
  /** Nanoseconds since the exchange began. */
  readonly at: number;
  readonly side: 'BUY' | 'SELL';
}

/** A simulated order flow: orders arrive, leave and match, drawn from one seeded generator. */
export interface Trading {
  /** One event of the book at `at`; adds the trades it made to `trades`, oldest first. */
  step(at: number, trades: Trade[]): void;
}

const TRADE_CHANCE = 0.05;
const MOST_LEVELS_A_TRADE = 4;
/** Most orders land within a dozen slots of the best price, some anywhere in the book. */
const NEAR_SLOTS = 12;
const FAR_CHANCE = 0.2;

export function createTrading(
  product: Product,
  ladder: Ladder,
  random: Random,
  firstTradeId: number,
): Trading {
  const { usualSize } = product;
  let nextTradeId = firstTradeId;

  /** Above 0.5 when the price has fallen below where it began: the market is drawn back. */
  const buyBias = (): number => {
    const offset = (ladder.bestBid + ladder.bestOffer) / 2 - ladder.middle;
    return 0.5 - Math.max(-0.3, Math.min(0.3, offset / 400));
  };

  const match = (at: number, trades: Trade[]): void => {
    const most = trades.length + MOST_LEVELS_A_TRADE;
    const buys = random() < buyBias();
    const makers = buys ? 'offer' : 'bid';
    let wanted = Math.max(1, Math.floor(orderSize(random, usualSize) * random()));
    while (wanted > 0 && trades.length < most && ladder.count(makers) > 1) {
      const slot = buys ? ladder.bestOffer : ladder.bestBid;
      const size = Math.min(wanted, ladder.size(slot));
      trades.push({
        id: nextTradeId,
        priceTicks: ladder.price(slot),
        priceText: ladder.priceText(slot),
        size,
        at,
        side: buys ? 'SELL' : 'BUY',
      });
      nextTradeId += 1;
      ladder.set(makers, slot, ladder.size(slot) - size);
      wanted -= size;
    }
  };

  /** A new best price inside the spread, on the side that draws the price back. */
  const narrow = (): void => {
    const side = random() < buyBias() ? 'bid' : 'offer';
    const slot = side === 'bid' ? ladder.bestBid + 1 : ladder.bestOffer - 1;
    ladder.set(side, slot, orderSize(random, usualSize));
  };

  const change = (): void => {
    const side = random() < 0.5 ? 'bid' : 'offer';
    const best = side === 'bid' ? ladder.bestBid : ladder.bestOffer;
    const room = side === 'bid' ? best + 1 : ladder.slots - best;
    const wanted =
      random() < FAR_CHANCE ? below(random, room) : Math.floor(-Math.log(1 - random()) * NEAR_SLOTS);
    const distance = Math.min(wanted, room - 1);
    const slot = side === 'bid' ? best - distance : best + distance;
    const goes = ladder.size(slot) > 0 && random() < 0.5 && ladder.count(side) > 1;
    ladder.set(side, slot, goes ? 0 : orderSize(random, usualSize));
  };

  return {
    step(at, trades) {
      if (random() < TRADE_CHANCE) match(at, trades);
      else if (ladder.bestOffer - ladder.bestBid > 1 && random() < 0.5) narrow();
      else change();
    },
  };
}

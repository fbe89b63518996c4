import type { Level2Event, Level2Update } from '@feedtape/protocol';

/** Prices of the little market run from 1 to this. */
const PRICES = 60;

/**
 * A market that knows the truth: one product's levels, changed a little at each step. Its bids lie below a moving
 * middle and its offers above, except when it is told to cross them.
 */
export class OracleMarket {
  readonly productId: string;
  readonly #random: () => number;
  readonly #bids = new Map<number, number>();
  readonly #offers = new Map<number, number>();
  #middle = PRICES / 2;

  constructor(productId: string, random: () => number) {
    this.productId = productId;
    this.#random = random;
  }

  /** Changes one to three levels and says which. */
  change(): Level2Event {
    this.#middle = Math.min(PRICES - 5, Math.max(5, this.#middle + this.#below(3) - 1));
    const updates: Level2Update[] = this.#clearTheMiddle();
    for (let count = 1 + this.#below(3); count > 0; count -= 1) {
      const bid = this.#below(2) === 0;
      const distance = this.#below(4);
      const price = bid ? this.#middle - distance : this.#middle + 1 + distance;
      updates.push(this.#set(bid ? 'bid' : 'offer', price, this.#below(3) === 0 ? 0 : 1 + this.#below(9)));
    }
    return this.#event('update', updates);
  }

  /** A bid at, or above, the best offer, as only a broken feed would send it. */
  cross(): Level2Event {
    const offer = this.bestAsk ?? this.#middle + 1;
    return this.#event('update', [this.#set('offer', offer, 1), this.#set('bid', offer + this.#below(2), 1)]);
  }

  snapshot(): Level2Event {
    this.#clearTheMiddle();
    const updates = [
      ...Array.from(this.#bids, ([price, size]) => level('bid', price, size)),
      ...Array.from(this.#offers, ([price, size]) => level('offer', price, size)),
    ];
    return this.#event('snapshot', updates);
  }

  get bestBid(): number | undefined {
    return this.#bids.size === 0 ? undefined : Math.max(...this.#bids.keys());
  }

  get bestAsk(): number | undefined {
    return this.#offers.size === 0 ? undefined : Math.min(...this.#offers.keys());
  }

  /** Every level, bids before offers, best first. */
  get levels(): readonly string[] {
    return [...rows('bid', this.#bids, -1), ...rows('offer', this.#offers, 1)];
  }

  /** What the middle has passed trades away. */
  #clearTheMiddle(): Level2Update[] {
    const gone = [
      ...Array.from(this.#bids.keys(), (price) => ['bid', price] as const),
      ...Array.from(this.#offers.keys(), (price) => ['offer', price] as const),
    ].filter(([side, price]) => (side === 'bid' ? price > this.#middle : price <= this.#middle));
    return gone.map(([side, price]) => this.#set(side, price, 0));
  }

  #set(side: 'bid' | 'offer', price: number, size: number): Level2Update {
    const levels = side === 'bid' ? this.#bids : this.#offers;
    if (size === 0) levels.delete(price);
    else levels.set(price, size);
    return level(side, price, size);
  }

  #event(type: 'snapshot' | 'update', updates: readonly Level2Update[]): Level2Event {
    return { type, product_id: this.productId, updates };
  }

  #below(limit: number): number {
    return this.#random() % limit;
  }
}

const level = (side: 'bid' | 'offer', price: number, size: number): Level2Update =>
  ({ side, event_time: '', price_level: String(price), new_quantity: String(size) }) as Level2Update;

const rows = (name: string, side: ReadonlyMap<number, number>, direction: number): string[] =>
  [...side].toSorted(([a], [b]) => (a - b) * direction).map(([price, size]) => `${name} ${price}: ${size}`);

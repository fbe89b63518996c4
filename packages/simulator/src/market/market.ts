import { EventQueue } from '../model/event-queue.ts';
import { describeProduct } from './product-catalog.ts';
import { MS } from './wire-text.ts';
import {
  createProductMarket,
  type MarketSettings,
  type ProductMarket,
  type Publish,
  type SnapshotChannel,
} from './product-market.ts';

/** All products of the exchange, driven by exchange time alone: no clock, no sockets. */
export interface Market {
  readonly products: readonly string[];
  /** When the next event is due, in nanoseconds since the exchange started. */
  nextAt(): number;
  /** Runs the next event. */
  step(publish: Publish): void;
  /** Jumps to `to` without publishing. */
  skip(to: number): void;
  readonly lists: (product: string) => boolean;
  readonly snapshot: (product: string, channel: SnapshotChannel) => string;
}

type Flush = Exclude<keyof ProductMarket, 'product' | 'snapshot'>;

interface Stream {
  readonly flush: ProductMarket[Flush];
  readonly period: number;
  at: number;
}

/** The period of each channel, and its first publication. */
const RHYTHMS: readonly { readonly flush: Flush; readonly period: number; readonly first: number }[] = [
  { flush: 'flushBook', period: 50 * MS, first: 37 * MS },
  { flush: 'flushTrades', period: 250 * MS, first: 89 * MS },
  { flush: 'flushCandles', period: 1_000 * MS, first: 611 * MS },
  { flush: 'flushTickerBatch', period: 5_000 * MS, first: 1_723 * MS },
  // No period is published: rarely.
  { flush: 'flushStatus', period: 300_000 * MS, first: 31_407 * MS },
];
/** The second product's 50 ms timer ran 15 ms behind the first's in the recorded session. */
const PRODUCT_OFFSET = 15 * MS;

export function createMarket(ids: readonly string[], settings: MarketSettings): Market {
  const markets = new Map(ids.map((id) => [id, createProductMarket(describeProduct(id), settings)]));
  const queue = new EventQueue<Stream>();
  [...markets.values()].forEach((market, index) => {
    for (const { flush, period, first } of RHYTHMS) {
      const at = (first + index * PRODUCT_OFFSET) % period;
      queue.add(at, { flush: market[flush], period, at });
    }
  });

  return {
    products: ids,
    nextAt: () => queue.nextAt,
    step(publish) {
      const stream = queue.take();
      if (stream === undefined) return;
      stream.flush(stream.at, publish);
      stream.at += stream.period;
      queue.add(stream.at, stream);
    },
    skip(to) {
      while (queue.nextAt < to) {
        const stream = queue.take();
        if (stream === undefined) return;
        stream.at += Math.ceil((to - stream.at) / stream.period) * stream.period;
        queue.add(stream.at, stream);
      }
    },
    lists: (product) => markets.has(product),
    snapshot(product, channel) {
      const market = markets.get(product);
      if (market === undefined) throw new RangeError(`the exchange does not list ${product}`);
      return market.snapshot(channel);
    },
  };
}

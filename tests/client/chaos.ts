import { createBook, type Book } from '@feedtape/book';
import {
  createBookKeeper,
  openFeed,
  type BookKeeper,
  type Clock,
  type Feed,
  type FeedItem,
  type Backoff,
} from '@feedtape/client';
import {
  createMemoryExchange,
  createVirtualClock,
  type FaultRule,
  type MemoryExchange,
  type VirtualClock,
} from '@feedtape/simulator';
import { Receipt } from './ground-truth.ts';

export const PRODUCTS = ['BTC-USD', 'ETH-USD', 'SOL-USD'] as const;

/** Every fault there is, as likely as makes a bad minute. A seed picks which of them exist. */
export const RULES: readonly FaultRule[] = [
  { fault: { kind: 'drop' }, chance: 0.02 },
  { fault: { kind: 'drop' }, channel: 'subscriptions', chance: 0.3 },
  { fault: { kind: 'drop' }, channel: 'l2_data', fromFrame: 0, every: 37 },
  { fault: { kind: 'duplicate', copies: 2 }, chance: 0.02 },
  { fault: { kind: 'swap' }, chance: 0.01 },
  { fault: { kind: 'delay', ms: 300 }, chance: 0.01 },
  { fault: { kind: 'truncate' }, chance: 0.005 },
  { fault: { kind: 'truncate' }, channel: 'subscriptions', chance: 0.3 },
  { fault: { kind: 'corrupt' }, chance: 0.005 },
  { fault: { kind: 'corrupt' }, channel: 'subscriptions', chance: 0.3 },
  { fault: { kind: 'drip', bytesPerSecond: 1_000 }, chance: 0.002 },
  { fault: { kind: 'invalid-utf8' }, chance: 0.005 },
  { fault: { kind: 'binary' }, chance: 0.05 },
  { fault: { kind: 'unknown-channel' }, chance: 0.02 },
  { fault: { kind: 'unknown-fields' }, chance: 0.05 },
  { fault: { kind: 'huge', bytes: 200_000 }, chance: 0.002 },
  { fault: { kind: 'silence', ms: 3_000 }, channel: 'l2_data', chance: 0.001 },
  { fault: { kind: 'silence', ms: 3_000 }, channel: 'market_trades', chance: 0.01 },
  { fault: { kind: 'sequence-restart' }, chance: 0.002 },
  { fault: { kind: 'crossed-book' }, chance: 0.005 },
  { fault: { kind: 'missing-trades' }, chance: 0.05 },
  { fault: { kind: 'close', code: 1001, withData: true }, chance: 0.003 },
  { fault: { kind: 'close', code: 1012 }, chance: 0.002 },
  { fault: { kind: 'close', code: 4000 }, chance: 0.002 },
  { fault: { kind: 'terminate' }, chance: 0.003 },
  { fault: { kind: 'reset' }, chance: 0.003 },
  { fault: { kind: 'half-open' }, chance: 0.002 },
  { fault: { kind: 'handshake', status: 429, retryAfterSeconds: 2 }, chance: 0.3 },
  { fault: { kind: 'handshake', status: 503 }, chance: 0.3 },
  { fault: { kind: 'handshake-silence' }, chance: 0.2 },
  { fault: { kind: 'close-on-accept' }, chance: 0.3 },
];

/** What was added later draws luck of its own, so that a seed still means the same storm. */
const LATER_RULES: readonly FaultRule[] = [
  ...(['heartbeats', 'market_trades', 'l2_data'] as const).map((channel): FaultRule => ({
    fault: { kind: 'truncate' },
    channel,
    chance: 0.02,
  })),
  { fault: { kind: 'truncate', bytes: 25 }, chance: 0.005 },
  { fault: { kind: 'corrupt' }, channel: 'heartbeats', chance: 0.05 },
  { fault: { kind: 'foreign-subscription' }, chance: 0.5 },
  { fault: { kind: 'stray-error', message: 'failure to subscribe' }, chance: 0.005 },
  { fault: { kind: 'stray-error', message: 'something new', numbered: true }, chance: 0.01 },
  { fault: { kind: 'stray-error', message: 'rate limit exceeded' }, chance: 0.002 },
];

/** A small generator of its own: the exchange has the other half of the luck. */
export function luck(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Chaos {
  readonly clock: VirtualClock;
  readonly exchange: MemoryExchange;
  readonly feed: Feed;
  readonly keeper: BookKeeper<Book>;
  readonly items: FeedItem[];
  readonly receipts: ReadonlyMap<number, Receipt>;
  readonly faults: readonly FaultRule[];
  /** Times a book was called fresh that nothing vouched for. */
  readonly lies: readonly string[];
  readonly ended: () => unknown;
  /** Timers the client has set and not cleared. */
  readonly timers: () => number;
}

/** What no client can see, because neither the text nor its number shows it: TLS and the exchange vouch for that. */
export const isInvisible = ({ fault, channel }: FaultRule): boolean =>
  (fault.kind === 'corrupt' && channel === undefined) || (fault.kind === 'silence' && channel === 'l2_data');

/** A feed of three products in a storm that the seed chooses, in simulated time. */
export function startChaos(seed: number, backoff: Partial<Backoff> = {}): Chaos {
  const random = luck(seed);
  const later = luck(~seed);
  const faults = [...RULES.filter(() => random() < 0.25), ...LATER_RULES.filter(() => later() < 0.2)];
  const clock = createVirtualClock();
  const exchange = createMemoryExchange({
    clock,
    seed,
    products: PRODUCTS,
    depth: 20,
    latencyMs: 5,
    faults,
    ledger: { bytes: false },
  });
  const timers = new Set<unknown>();
  const counted: Clock = {
    now: () => clock.now(),
    setTimeout: (run, ms) => {
      const handle = clock.setTimeout(() => {
        timers.delete(handle);
        run();
      }, ms);
      timers.add(handle);
      return handle;
    },
    clearTimeout: (handle) => {
      timers.delete(handle);
      clock.clearTimeout(handle);
    },
  };
  const items: FeedItem[] = [];
  const trust = new Trust();
  const lies: string[] = [];
  const receipts = new Map<number, Receipt>();
  const keeper = createBookKeeper(createBook, (productId, connection) =>
    feed.refresh([productId], connection),
  );
  const feed = openFeed({
    url: exchange.url,
    transport: exchange.transport,
    clock: counted,
    random,
    backoff,
    subscriptions: [
      { channel: 'level2', productIds: PRODUCTS },
      { channel: 'market_trades', productIds: PRODUCTS },
    ],
  });
  let end: unknown;
  feed
    .consume((item) => {
      keeper.take(item);
      trust.note(item);
      for (const productId of PRODUCTS) {
        if (keeper.get(productId)?.status === 'fresh' && !trust.has(productId))
          lies.push(`${productId} at ${clock.now()}`);
      }
      let receipt = receipts.get(item.connection);
      if (receipt === undefined) receipts.set(item.connection, (receipt = new Receipt()));
      receipt.note(item);
      if (item.kind !== 'frame') items.push(item);
    })
    .then(
      () => (end = 'closed'),
      (error: unknown) => (end = error),
    );
  return {
    clock,
    exchange,
    feed,
    keeper,
    items,
    receipts,
    faults,
    lies,
    ended: () => end,
    timers: () => timers.size,
  };
}

/** The plain rule, told a second time: a book is right from a snapshot until something is missing. */
class Trust {
  readonly #trusted = new Set<string>();

  has(productId: string): boolean {
    return this.#trusted.has(productId);
  }

  note(item: FeedItem): void {
    if (item.kind === 'gap' || item.kind === 'disconnected') this.#trusted.clear();
    if (item.kind !== 'frame') return;
    const { verdict, decoded } = item;
    if (verdict === undefined || !['first', 'next', 'gap'].includes(verdict.kind)) return;
    if (decoded.kind !== 'message' || decoded.channel !== 'l2_data') return;
    for (const { type, product_id: productId } of decoded.message.events)
      if (type === 'snapshot') this.#trusted.add(productId);
  }
}

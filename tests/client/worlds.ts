import { createBook, type Book } from '@feedtape/book';
import {
  type BookItem,
  type BookKeeper,
  books,
  type Feed,
  type FeedItem,
  type FeedOptions,
  createBookKeeper,
  openFeed,
} from '@feedtape/client';
import {
  createMemoryExchange,
  createVirtualClock,
  type FaultRule,
  type MemoryExchange,
  type VirtualClock,
} from '@feedtape/simulator';
import { luck, RULES } from './chaos.ts';
import { type Law, lawful } from './law.ts';

export const PRODUCTS = ['BTC-USD', 'ETH-USD'] as const;
const ERRORS = [
  'authentication failure',
  'rate limit exceeded',
  'failure to subscribe',
  'subscribe or unsubscribe required',
  'too many L2 streams requested in a single session',
  'something new',
];
const CHANNELS = ['l2_data', 'market_trades', 'heartbeats', 'subscriptions'] as const;

/** What an exchange does that means no good. */
const ADVERSARY: readonly FaultRule[] = [
  { fault: { kind: 'ignored-request' }, chance: 0.4 },
  { fault: { kind: 'pretended-request' }, chance: 0.4 },
  { fault: { kind: 'refused-request' }, chance: 0.4 },
  { fault: { kind: 'refused-request' }, product: 'BTC-USD', channel: 'l2_data', chance: 1 },
  { fault: { kind: 'pretended-request' }, product: 'ETH-USD', channel: 'l2_data', chance: 0.7 },
  { fault: { kind: 'ignored-request' }, channel: 'l2_data', chance: 0.8 },
  { fault: { kind: 'foreign-subscription' }, chance: 0.5 },
  ...CHANNELS.flatMap((channel): FaultRule[] => [
    { fault: { kind: 'truncate' }, channel, chance: 0.05 },
    { fault: { kind: 'truncate', bytes: 30 }, channel, chance: 0.02 },
    { fault: { kind: 'corrupt' }, channel, chance: 0.05 },
    { fault: { kind: 'invalid-utf8' }, channel, chance: 0.02 },
  ]),
  ...ERRORS.flatMap((message): FaultRule[] => [
    { fault: { kind: 'stray-error', message }, chance: 0.01 },
    { fault: { kind: 'stray-error', message, numbered: true }, chance: 0.01 },
    { fault: { kind: 'refused-request', message }, chance: 0.1 },
  ]),
];
/** Answers to a handshake that end a feed which has never worked, and must not end one that has. */
const HANDSHAKES: readonly FaultRule[] = ([302, 400, 401, 403, 404] as const).map((status) => ({
  fault: { kind: 'handshake', status },
  chance: 0.5,
  times: 2,
}));

export const CONSUMERS = ['plain', 'decodes', 'meddles', 'slow', 'derived', 'late'] as const;
/** `throws`: at some moment of the storm. */
export type Consumer = (typeof CONSUMERS)[number] | 'throws';

export interface World {
  readonly clock: VirtualClock;
  readonly exchange: MemoryExchange;
  readonly feed: Feed;
  readonly items: FeedItem[];
  readonly law: Law;
  readonly consumer: Consumer;
  readonly stormMs: number;
  readonly description: string;
  readonly statusOf: (productId: string) => string | undefined;
  readonly bookOf: (productId: string) => BookItem<Book> | undefined;
  /** The connection that feeds a book that is right. */
  readonly ended: () => unknown;
  /** Ends the storm: faults, changes of mind and slowness. */
  calm(): void;
}

/** A world of its own for each seed: which faults exist, who reads, how, and what is asked for meanwhile. */
export function createWorld(seed: number, given?: Consumer): World {
  const random = luck(seed * 7 + 1);
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value;
  const clock = createVirtualClock();
  const rules = [...RULES.filter(() => random() < 0.1), ...ADVERSARY.filter(() => random() < 0.2)];
  const consumer = given ?? pick(CONSUMERS);
  const redundancy = pick([1, 1, 2] as const);
  const stormMs = 5_000 + Math.floor(random() * 10_000);
  const signed = random() < 0.3;
  const exchange = createMemoryExchange({
    clock,
    seed,
    products: PRODUCTS,
    depth: 5,
    latencyMs: 5,
    faults: rules,
    ledger: { bytes: true },
  });
  const law = lawful(exchange.transport, clock);
  const items: FeedItem[] = [];
  let storm = true;
  const options: FeedOptions = {
    url: exchange.url,
    transport: law.transport,
    clock: law.clock,
    random,
    redundancy,
    log: law.outside(() => {}),
    // That failures to authenticate end a feed in the end is another test's matter.
    backoff: {
      firstRetryMs: 1_000,
      maxRetryMs: 3_000,
      authenticationMs: 5_000,
      authenticationAttempts: 1_000,
    },
    subscriptions: [
      { channel: 'level2', productIds: PRODUCTS },
      { channel: 'market_trades', productIds: PRODUCTS },
    ],
    ...(consumer === 'slow' && {
      queue: { limitItems: 200, limitBytes: 50_000, policy: pick(['pause', 'drop'] as const) },
    }),
    ...(signed && {
      token: law.outside(
        async (): Promise<string> =>
          new Promise((resolve) => clock.setTimeout(() => resolve('token'), random() < 0.5 ? 0 : 300)),
      ),
    }),
  };
  const feed = openFeed(options);
  const keeper: BookKeeper<Book> = createBookKeeper(law.outside(createBook), (productId, connection) =>
    feed.refresh([productId], connection),
  );
  let source: Pick<BookKeeper<Book>, 'get'> = keeper;

  /** What a user does to a feed, at the worst of times. */
  const meddle = (): void => {
    const productIds = [pick(PRODUCTS)];
    const act = random();
    if (act < 0.3) feed.refresh(productIds);
    else if (act < 0.6) {
      feed.unsubscribe({ channel: 'level2', productIds });
      feed.subscribe({ channel: 'level2', productIds });
    } else if (act < 0.8)
      feed.unsubscribe({ channel: pick(['level2', 'market_trades'] as const), productIds });
    else feed.subscribe({ channel: pick(['level2', 'market_trades', 'ticker'] as const), productIds });
  };
  const worry = (): void => {
    if (!storm) return;
    if (random() < 0.5 && consumer !== 'throws') meddle();
    clock.setTimeout(worry, 100 + random() * 3_000);
  };
  clock.setTimeout(worry, 1_000);

  let worked = false;
  const note = (item: FeedItem): void => {
    if (item.kind === 'connected' && !worked) {
      worked = true;
      if (storm) for (const rule of HANDSHAKES) if (random() < 0.3) exchange.faults.add(rule);
    }
    items.push(item);
  };
  let end: unknown;
  const settle = (reading: Promise<void>): void =>
    void reading.then(
      () => (end = 'closed'),
      (error: unknown) => (end = error),
    );
  const sink = law.sink((item: FeedItem): void | Promise<void> => {
    note(item);
    keeper.take(item);
    if (consumer === 'decodes' && item.kind === 'frame' && item.decoded.kind === 'message') return undefined;
    if (consumer === 'throws' && clock.now() > stormMs / 2 && random() < 0.05) throw new Error('mine');
    if (consumer === 'meddles' && storm && random() < 0.02) meddle();
    if (consumer !== 'slow' || !storm || random() > 0.05) return undefined;
    return new Promise((resolve) => clock.setTimeout(resolve, random() * 400));
  });
  const readBooks = async (): Promise<void> => {
    const all = books(feed, law.outside(createBook));
    source = all;
    for await (const { kind } of all) if (kind !== 'book') throw new Error('no book');
  };
  const readLate = async (): Promise<void> => {
    const until = clock.now() + 2_000 + random() * 3_000;
    const first = feed[Symbol.asyncIterator]();
    while (clock.now() < until) {
      const { done, value } = await first.next();
      if (done === true) return;
      note(value);
    }
    await readBooks();
  };
  settle(consumer === 'derived' ? readBooks() : consumer === 'late' ? readLate() : feed.consume(sink));

  return {
    clock,
    exchange,
    feed,
    items,
    law,
    consumer,
    stormMs,
    description: `${consumer}, ${redundancy} line(s)${signed ? ', signed' : ''}: ${rules.map(({ fault }) => fault.kind).join(' ')}`,
    statusOf: (productId) => source.get(productId)?.status,
    bookOf: (productId) => source.get(productId),
    ended: () => end,
    calm() {
      storm = false;
      exchange.faults.clear();
      for (const channel of ['level2', 'market_trades'] as const)
        feed.subscribe({ channel, productIds: PRODUCTS });
    },
  };
}

import {
  checkSubscription,
  type Limits,
  LIMITS,
  isPrivateChannel,
  type Subscription,
} from '@feedtape/protocol';
import { withDefaults } from '../model/check-options.ts';
import { ClientError } from '../model/client-error.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import { areProduction, checkedUrl, MARKET_URL, USER_URL } from '../transport/urls.ts';
import type { Recovery } from '../shard/shard-host.ts';
import type { Log } from '../model/log.ts';
import { createRateLimits, type RateLimits } from '../transport/exchange-rate-limits.ts';
import {
  type Backoff,
  defaultBackoff,
  defaultTimeouts,
  type Timeouts,
  type Timing,
} from '../model/timeouts.ts';
import type { Transport } from '../transport/transport.ts';
import { createWsTransport, isWsTransport } from '../transport/ws-transport.ts';

/** The request that a token is for. */
export interface TokenRequest {
  readonly connection: number;
  /** Where it goes, without user, password and query. */
  readonly url: string;
}

/** Makes a token for one request. Called for every request; a token is never used twice. */
export type TokenSource = (request: TokenRequest) => Promise<string>;

/** Limits of the queue for a slow consumer, and the behaviour at the limit. */
export interface QueueLimits {
  /** Frame bytes, and about the memory of other items: a whole number of at least 1, or `Infinity`. @default 8_388_608 */
  readonly limitBytes: number;
  /** Items: a whole number of at least 1, or `Infinity`. @default 65_536 */
  readonly limitItems: number;
  /**
   * `pause` stops reading from the sockets until half of the queue is consumed; after 30 s (`timeouts.pausedMs`) the
   * connections are replaced, with a gap. `drop` goes on reading and drops the newest frames, with a gap; it keeps all
   * other items, and pauses the sockets when these alone reach twice the limit.
   * @default 'pause'
   */
  readonly policy: 'pause' | 'drop';
}

export interface FeedOptions {
  /** Channels and products to receive. `heartbeats` is added on every connection. */
  readonly subscriptions: readonly Subscription[];
  /** The `wss:` URL for market data. @default the production endpoint */
  readonly url?: string;
  /**
   * The `wss:` URL, or URLs, for `user` and `futures_balance_summary`. With several the next one is used when one
   * cannot be reached. Tokens for private channels go to these servers only. The two production endpoints replace each
   * other.
   * @default the production endpoint for users if `url` is the production endpoint, else `url`
   */
  readonly userUrl?: string | readonly string[];
  /**
   * Returns a token for every request to a server of `userUrl`. Required for private channels only: a public channel
   * that is rejected with a token is requested without one. Servers of public channels alone get no token, because any
   * token opens the account.
   * @default none
   */
  readonly token?: TokenSource;
  /** Closes the feed when it is aborted, as {@link Feed.close} does. @default none */
  readonly signal?: AbortSignal;
  /**
   * Reaction to missing frames. `resubscribe`: requests new snapshots for the level2 products of that connection.
   * `reconnect`: opens a new connection. `report`: only emits items.
   * @default 'resubscribe'
   */
  readonly recovery?: Recovery;
  /** Bounds the items that wait for a slow consumer. @default 8 MiB, 65,536 items, `pause` */
  readonly queue?: Partial<QueueLimits>;
  /** 2 puts every subscription on two independent connections. @default 1 */
  readonly redundancy?: 1 | 2;
  /** Allows `ws:` to other machines. @default false */
  readonly allowInsecure?: boolean;
  /**
   * Failed attempts in a row after which the feed ends with `CLIENT_GAVE_UP`: a whole number of at least 1, or
   * `Infinity`. @default Infinity
   */
  readonly maxAttempts?: number;
  /** Receives log entries. What it throws is ignored. @default none */
  readonly log?: Log;
  /**
   * The exchange's limits: products per connection (whole numbers), connections and messages per second.
   * @default 30 level2 and 100 other products; 8 and 8
   */
  readonly limits?: Partial<
    Pick<
      Limits,
      | 'level2ProductsPerConnection'
      | 'otherProductsPerConnection'
      | 'connectionsPerSecond'
      | 'messagesPerSecond'
    >
  >;
  /** Rate limits shared with other feeds of this process, instead of the rates in `limits`. @default its own */
  readonly rateLimits?: RateLimits;
  /** When to give something up, in milliseconds. @default see {@link Timeouts} */
  readonly timeouts?: Partial<Timeouts>;
  /** How to space repeated attempts. @default see {@link Backoff} */
  readonly backoff?: Partial<Backoff>;
  /** Opens the sockets: {@link createWsTransport} with options, or a transport of your own. @default over `ws` */
  readonly transport?: Transport;
  /** Time and timers. @default {@link systemClock} */
  readonly clock?: Clock;
  /** Returns random numbers in [0, 1), for jitter. @default Math.random */
  readonly random?: () => number;
}

/** Options, checked and with every default filled in. */
export interface FeedSettings extends Timing {
  readonly marketUrls: readonly string[];
  readonly userUrls: readonly string[];
  /** Servers that may have a token: those of `userUrls`. */
  readonly tokenOrigins: ReadonlySet<string>;
  readonly token: TokenSource | undefined;
  readonly recovery: Recovery;
  readonly queue: QueueLimits;
  readonly redundancy: 1 | 2;
  readonly maxAttempts: number;
  readonly log: Log | undefined;
  readonly limits: Limits;
  readonly rateLimits: RateLimits;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
}

const defaultQueue: QueueLimits = { limitBytes: 8_388_608, limitItems: 65_536, policy: 'pause' };

/** @throws ClientError `CLIENT_OPTION_INVALID`, `CLIENT_INSECURE` */
export function settingsOf(options: FeedOptions): FeedSettings {
  const { transport = createWsTransport() } = options;
  // Another transport does its own security checks.
  const allowInsecure = options.allowInsecure ?? !isWsTransport(transport);
  const { url = MARKET_URL } = options;
  const market = checkedUrl('url', url, allowInsecure);
  const userUrls = userUrlsOf(options.userUrl, market, allowInsecure);
  return {
    marketUrls: [market],
    userUrls,
    tokenOrigins: new Set(userUrls.map((address) => new URL(address).origin)),
    token: options.token,
    recovery: options.recovery ?? 'resubscribe',
    queue: withDefaults(defaultQueue, options.queue),
    redundancy: options.redundancy ?? 1,
    maxAttempts: options.maxAttempts ?? Infinity,
    log: options.log,
    limits: withDefaults<Limits>(LIMITS, options.limits),
    rateLimits: options.rateLimits ?? createRateLimits(options.limits),
    timeouts: withDefaults(defaultTimeouts, options.timeouts),
    backoff: withDefaults(defaultBackoff, options.backoff),
    transport,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

/** URLs for private channels, in the order in which they are tried. */
function userUrlsOf(
  given: FeedOptions['userUrl'],
  market: string,
  allowInsecure: boolean,
): readonly string[] {
  const chosen = given ?? (market === checkedUrl('url', MARKET_URL, true) ? USER_URL : market);
  const urls = [chosen].flat().map((url) => checkedUrl('userUrl', url, allowInsecure));
  const [only = market] = urls;
  return typeof chosen === 'string' && areProduction(market, only) ? [only, market] : [...new Set(urls)];
}

/**
 * Rejects subscriptions that no request can carry.
 *
 * @throws ProtocolError for an unknown channel or a malformed product
 * @throws ClientError `CLIENT_TOKEN_REQUIRED`
 */
export function checkSubscriptions(
  subscriptions: readonly Subscription[],
  token: TokenSource | undefined,
): void {
  for (const subscription of subscriptions) checkSubscription(subscription);
  const secret = subscriptions.find(({ channel }) => isPrivateChannel(channel));
  if (secret !== undefined && token === undefined)
    throw new ClientError('CLIENT_TOKEN_REQUIRED', { channel: secret.channel });
}

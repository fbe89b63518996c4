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

/** Makes a token for one request. Called for every single one; a token is never used twice. */
export type TokenSource = (request: TokenRequest) => Promise<string>;

/** How much may wait for a slow consumer, and what happens at the limit. */
export interface QueueLimits {
  /** @default 8_388_608 */
  readonly limitBytes: number;
  /** @default 65_536 */
  readonly limitItems: number;
  /**
   * `pause` stops reading from the sockets until half of the queue is consumed; after 30 seconds the connections
   * are given up, with a gap. `drop` goes on reading and drops the newest frames, with a gap; items that are no frames
   * are kept, and when they alone make it twice the limit, the sockets are held back as with `pause`.
   * @default 'pause'
   */
  readonly policy: 'pause' | 'drop';
}

export interface FeedOptions {
  /** What to receive. `heartbeats` comes by itself on every connection. */
  readonly subscriptions: readonly Subscription[];
  /** The endpoint for market data. @default the production endpoint */
  readonly url?: string;
  /**
   * The endpoint for `user` and `futures_balance_summary`; several take each other's place when one cannot be
   * reached. Tokens for private channels go to these and nowhere else. The two endpoints of the exchange stand in
   * for each other.
   * @default the production endpoint for users where `url` is the production endpoint, else `url`
   */
  readonly userUrl?: string | readonly string[];
  /**
   * Signs every request to a server of `userUrl`. Needed for private channels only: a public one that is refused with
   * a token is asked for without. A server that serves no private channel gets no token, since any token opens them.
   */
  readonly token?: TokenSource;
  /** Ends the feed, as {@link Feed.close} does. */
  readonly signal?: AbortSignal;
  /**
   * What to do when frames are missing. `resubscribe`: new snapshots for the level2 products of that connection,
   * nothing else is touched. `reconnect`: a new connection. `report`: the items only.
   * @default 'resubscribe'
   */
  readonly recovery?: Recovery;
  readonly queue?: Partial<QueueLimits>;
  /** 2: every subscription on two independent connections. @default 1 */
  readonly redundancy?: 1 | 2;
  /** Allow `ws:` to other machines. @default false */
  readonly allowInsecure?: boolean;
  /** Attempts in a row that may fail before the feed ends with `CLIENT_GAVE_UP`. @default Infinity */
  readonly maxAttempts?: number;
  readonly log?: Log;
  readonly limits?: Partial<
    Pick<
      Limits,
      | 'level2ProductsPerConnection'
      | 'otherProductsPerConnection'
      | 'connectionsPerSecond'
      | 'messagesPerSecond'
    >
  >;
  /** Shared with other feeds of this process; then the rates in `limits` mean nothing. @default one of its own */
  readonly rateLimits?: RateLimits;
  /** How long to wait before something is given up. @default see {@link Timeouts} */
  readonly timeouts?: Partial<Timeouts>;
  /** How repeated attempts are spaced. @default see {@link Backoff} */
  readonly backoff?: Partial<Backoff>;
  /** Opens the sockets: {@link createWsTransport} with options of its own, or another one. @default over `ws` */
  readonly transport?: Transport;
  readonly clock?: Clock;
  /** Numbers in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** Options with every default in its place. */
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

/** Where private channels may go, in the order in which it is tried. */
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
 * Refuses what can never be asked for.
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

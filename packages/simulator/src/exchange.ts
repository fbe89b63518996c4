import type { Clock } from './clock.ts';
import { createExchangeTime } from './exchange-time.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createMarket } from './market/market.ts';
import type { Publication } from './market/publication.ts';
import type { ResolvedOptions } from './options.ts';
import { createRandom } from './random.ts';
import type { Endpoint } from './session/channels.ts';
import { type Connection, createConnection, type Link } from './session/connection.ts';
import { createNumbering } from './session/numbering.ts';
import { createRateLimit, type RateLimit } from './session/rate-limit.ts';
import type { Supply } from './session/session.ts';
import { createTokenCheck } from './session/token-check.ts';
import { createTimeText, SECOND } from './wire-text.ts';

/** The exchange without sockets: edges bring it connections and a clock. */
export interface ExchangeCore {
  readonly ledger: Ledger;
  /** Whether an attempt from `address` may become a connection now; a refusal is an HTTP answer. */
  admit(address: string): Refusal | undefined;
  connect(endpoint: Endpoint, address: string, link: Link): ConnectionHandle;
  close(): void;
}

/** An HTTP answer instead of an upgrade. */
export interface Refusal {
  readonly status: number;
  readonly why: string;
  readonly retryAfterSeconds?: number;
}

/** What an edge tells about its socket. */
export interface ConnectionHandle {
  receive(text: string, binary: boolean): void;
  closed(code: number, reason: string): void;
}

/** Longer silences are skipped instead of lived through when somebody subscribes again. */
const LONGEST_CATCH_UP = 60 * SECOND;

export function createExchangeCore(options: ResolvedOptions, clock: Clock): ExchangeCore {
  const { seed, limits } = options;
  const text = createTimeText(options.epochMs);
  const market = createMarket(options.products, { seed, depth: options.depth, time: text });
  const time = createExchangeTime(clock, options.speed);
  const ledger = createLedger(options.ledger);
  const checkToken = createTokenCheck(options.auth);
  const connections = new Set<Connection>();
  const handshakes = new Map<string, RateLimit>();
  const messages = new Map<string, RateLimit>();
  let timer: unknown;
  let soonest = Number.POSITIVE_INFINITY;

  const supply: Supply = {
    lists: market.lists,
    snapshot: market.snapshot,
    account: () => ({
      id: '00000000-0000-0000-0000-000000000000',
      events: [EMPTY_ACCOUNT],
    }),
    heartbeatTime: text.go,
  };

  const publishToAll = (publication: Publication): void => {
    for (const connection of connections) connection.publish(publication);
  };

  const soonestSession = (): number => {
    let at = Number.POSITIVE_INFINITY;
    for (const { session } of connections) at = Math.min(at, session.nextAt);
    return at;
  };

  /** Lives through everything due up to `now`, market and sessions in order of time. */
  const advance = (now: number): void => {
    const skipTo = now - LONGEST_CATCH_UP;
    for (;;) {
      const sessionAt = soonestSession();
      const marketAt = market.nextAt;
      if (Math.min(sessionAt, marketAt) > now) return;
      if (sessionAt <= marketAt) {
        for (const { session } of connections) session.advance(sessionAt);
      } else if (marketAt < skipTo && sessionAt === Number.POSITIVE_INFINITY) market.skip(skipTo);
      else market.step(publishToAll);
    }
  };

  const turn = (): void => {
    timer = undefined;
    soonest = Number.POSITIVE_INFINITY;
    advance(time.now());
    for (const { link } of connections) link.flush();
    schedule();
  };

  const schedule = (): void => {
    const isWatched = [...connections].some(({ session }) => session.channels.size > 0);
    const at = Math.min(soonestSession(), isWatched ? market.nextAt : Number.POSITIVE_INFINITY);
    if (at === Number.POSITIVE_INFINITY || at >= soonest) return;
    if (timer !== undefined) clock.clearTimeout(timer);
    soonest = at;
    timer = clock.setTimeout(turn, time.waitMs(at));
  };

  return {
    ledger,
    admit(address) {
      const limit = limitOf(handshakes, address, limits.connectionsPerSecond);
      const now = clock.now();
      if (limit.take(now)) return undefined;
      const retryAfterSeconds = Math.max(1, Math.ceil(limit.waitMs(now) / 1000));
      ledger.recordRefused({ at: now, status: 429, why: 'too many connections' });
      return { status: 429, why: 'too many connections', retryAfterSeconds };
    },
    connect(endpoint, address, link) {
      const page = ledger.open(endpoint, clock.now());
      const random = createRandom(seed, `connection ${page.connection}`);
      const connection: Connection = createConnection({
        endpoint,
        link,
        clock,
        page,
        numbering: createNumbering(endpoint, text, random),
        session: {
          supply,
          timings: options.timings,
          mostLevel2Products: limits.level2Products,
          random,
        },
        limits: {
          subscribeDeadlineMs: limits.subscribeDeadlineMs,
          idleMs: limits.idleMs[0] + random() * (limits.idleMs[1] - limits.idleMs[0]),
          mostBufferedBytes: limits.bufferedBytes,
        },
        unauthenticated: limitOf(messages, address, limits.messagesPerSecond),
        requireAuth: options.requireAuth,
        checkToken,
        exchangeNow: () => time.now(),
        onEnd: () => connections.delete(connection),
      });
      connections.add(connection);
      return {
        receive(message, binary) {
          time.begin();
          // What is due already happens before the request does.
          advance(time.now());
          connection.receive(message, binary);
          link.flush();
          schedule();
        },
        closed: (code, reason) => connection.closed(code, reason),
      };
    },
    close() {
      if (timer !== undefined) clock.clearTimeout(timer);
      for (const connection of connections) connection.end('the exchange closes', 1001);
    },
  };
}

/** One limit an address, made when it first shows up. */
function limitOf(limits: Map<string, RateLimit>, address: string, perSecond: number): RateLimit {
  const limit = limits.get(address) ?? createRateLimit(perSecond);
  limits.set(address, limit);
  return limit;
}

const EMPTY_ACCOUNT =
  '{"type":"snapshot","orders":[],"positions":{"perpetual_futures_positions":[],"expiring_futures_positions":[],"prediction_market_positions":[]}}';

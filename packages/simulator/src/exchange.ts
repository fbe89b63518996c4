import { createAccount } from './account/account.ts';
import type { Clock } from './clock.ts';
import { admit, type Admission, type CloseWith } from './admission.ts';
import { createFaultRules, type FaultControl } from './faults/fault-control.ts';
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
import { createTimeline } from './timeline.ts';
import { createTimeText } from './wire-text.ts';

/** The exchange without sockets: edges bring it connections and a clock. */
export interface ExchangeCore {
  readonly ledger: Ledger;
  readonly faults: FaultControl;
  /** What becomes of an attempt to connect from `address` now. */
  admit(address: string): Admission;
  connect(endpoint: Endpoint, address: string, link: Link, closeWith?: CloseWith): ConnectionHandle;
  close(): void;
}

/** What an edge tells about its socket. */
export interface ConnectionHandle {
  receive(text: string, binary: boolean): void;
  /** The socket has taken everything it was given. */
  drained(): void;
  closed(code: number, reason: string): void;
}

export function createExchangeCore(options: ResolvedOptions, clock: Clock): ExchangeCore {
  const { seed, limits } = options;
  const text = createTimeText(options.epochMs);
  const market = createMarket(options.products, { seed, depth: options.depth, time: text });
  const account = createAccount({
    seed,
    products: options.products,
    openOrders: options.openOrders,
    time: text,
  });
  const ledger = createLedger(options.ledger);
  const checkToken = createTokenCheck(options.auth);
  const connections = new Set<Connection>();
  const rules = createFaultRules(options.faults, {
    seed,
    connectionCount: () => ledger.connections.length,
    strike(fault, number) {
      for (const connection of connections)
        if (number === undefined || connection.number === number) connection.strike(fault);
    },
  });
  let attempts = 0;
  const handshakes = new Map<string, RateLimit>();
  const messages = new Map<string, RateLimit>();
  const supply: Supply = {
    lists: market.lists,
    snapshot: market.snapshot,
    account: account.start,
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
  const timeline = createTimeline(
    {
      nextAt: () => Math.min(soonestSession(), market.nextAt, account.nextAt),
      isWatched: () => {
        for (const { session } of connections)
          if (session.channels.size > 0 || session.nextAt < Number.POSITIVE_INFINITY) return true;
        return false;
      },
      step() {
        // What a session does at an instant it does before the market moves on.
        const at = soonestSession();
        if (at <= market.nextAt && at <= account.nextAt) {
          for (const { session } of connections) session.advance(at);
        } else if (market.nextAt <= account.nextAt) market.step(publishToAll);
        else account.step(publishToAll);
      },
      skip(to) {
        market.skip(to);
        while (account.nextAt < to) account.step(publishToAll);
      },
      flush() {
        for (const { link } of connections) link.flush();
      },
      bufferedBytes() {
        let most = 0;
        for (const { link } of connections) most = Math.max(most, link.bufferedBytes);
        return most;
      },
      framesSent() {
        let most = 0;
        for (const { sent } of connections) most = Math.max(most, sent);
        return most;
      },
    },
    clock,
    options.pace,
  );

  return {
    ledger,
    faults: rules,
    admit(address) {
      const faults = rules.handshake(attempts);
      attempts += 1;
      const now = clock.now();
      const limit = limitOf(handshakes, address, limits.connectionsPerSecond);
      const tooMany = limit.take(now) ? undefined : Math.max(1, Math.ceil(limit.waitMs(now) / 1000));
      const admission = admit(faults, tooMany);
      if (admission.kind === 'refused')
        ledger.recordRefused({ at: now, status: admission.status, why: admission.why });
      if (admission.kind === 'ignored') ledger.recordRefused({ at: now, status: 0, why: 'never answered' });
      return admission;
    },
    connect(endpoint, address, link, closeWith) {
      const page = ledger.open(endpoint, clock.now());
      const random = createRandom(seed, `connection ${page.connection}`);
      const connection: Connection = createConnection({
        endpoint,
        link,
        clock,
        page,
        rules,
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
        exchangeNow: () => timeline.now(),
        onEnd: () => connections.delete(connection),
      });
      connections.add(connection);
      if (closeWith !== undefined) connection.end('fault: close-on-accept', closeWith.code, closeWith.reason);
      return {
        receive(message, binary) {
          timeline.catchUp();
          connection.receive(message, binary);
          link.flush();
          timeline.schedule();
        },
        drained: () => timeline.drained(),
        closed(code, reason) {
          connection.closed(code, reason);
          // The others may have waited for this one's socket.
          timeline.drained();
        },
      };
    },
    close() {
      timeline.stop();
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

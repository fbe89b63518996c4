import { admit, type Admission, type CloseWith } from './handshake-admission.ts';
import type { Clock } from '../model/clock.ts';
import { createFaultRules, type FaultControl } from '../faults/fault-control.ts';
import { createLedger, type Ledger } from '../ledger/ledger.ts';
import type { ResolvedOptions } from './options.ts';
import { createRandom, type Random } from '../model/random.ts';
import type { Endpoint } from '../market/channels.ts';
import { type Connection, createConnection } from '../connection/connection.ts';
import type { Link } from '../connection/link.ts';
import { createNumbering } from '../connection/numbering.ts';
import type { FrameOutlet } from '../connection/frame-pipeline.ts';
import { createRateLimit, type RateLimit } from '../connection/rate-limit.ts';
import type { Subscriptions } from '../connection/subscriptions.ts';
import { createTokenCheck } from '../connection/token-check.ts';
import type { TimeText } from '../market/wire-text.ts';

/** The exchange without sockets: an edge supplies connections and a clock. */
export interface ExchangeCore {
  readonly ledger: Ledger;
  readonly faults: FaultControl;
  /** Decides on an attempt to connect from `address` now. */
  admit(address: string): Admission;
  connect(endpoint: Endpoint, address: string, link: Link, closeWith?: CloseWith): ConnectionHandle;
  close(): void;
}

/** Events of a socket, reported by its edge. */
export interface ConnectionHandle {
  receive(text: string, binary: boolean): void;
  /** The socket's buffer is empty. */
  drained(): void;
  closed(code: number, reason: string): void;
}

/** The source of frames behind an exchange: a market or a capture. */
export interface Backing {
  openSubscriptions(opening: SubscriptionsOpening): Subscriptions;
  /** Nanoseconds since the exchange began. */
  now(): number;
  /** Called before and after every message of a client. */
  beforeMessage(): void;
  afterMessage(): void;
  /** A socket's buffer is empty, or the socket has closed. */
  drained(): void;
  stop(): void;
}

export interface SubscriptionsOpening {
  /** The connection's number. */
  readonly connection: number;
  readonly endpoint: Endpoint;
  readonly random: Random;
  readonly outlet: FrameOutlet;
  readonly link: Link;
  /** Writes queued frames to the socket. */
  flush(): void;
  /** Ends the connection from the exchange's side. */
  readonly end: Connection['end'];
}

export interface ExchangeCorePorts {
  readonly options: ResolvedOptions;
  readonly clock: Clock;
  readonly time: TimeText;
  /** Open connections, shared with the backing. */
  readonly connections: Set<Connection>;
  readonly backing: Backing;
}

/** Admits connections, enforces the limits, and owns the fault rules and the ledger. */
export function createExchangeCore({
  options,
  clock,
  time,
  connections,
  backing,
}: ExchangeCorePorts): ExchangeCore {
  const { seed, limits } = options;
  const ledger = createLedger(options.ledger);
  const checkToken = createTokenCheck(options.auth);
  const rules = createFaultRules(options.faults, {
    seed,
    connectionCount: () => ledger.connections.length,
    strike(fault, number) {
      for (const connection of connections)
        if (number === undefined || connection.number === number) connection.strike(fault);
    },
  });
  const handshakes = new Map<string, RateLimit>();
  const messages = new Map<string, RateLimit>();
  let attempts = 0;

  const open = (endpoint: Endpoint, address: string, link: Link): Connection => {
    const page = ledger.open(endpoint, clock.now());
    const random = createRandom(seed, `connection ${page.connection}`);
    const connection: Connection = createConnection({
      endpoint,
      link,
      clock,
      page,
      rules,
      random,
      numbering: createNumbering(endpoint, time, random),
      limits: {
        subscribeDeadlineMs: limits.subscribeDeadlineMs,
        idleMs: between(limits.idleMs, random),
        mostBufferedBytes: limits.bufferedBytes,
      },
      unauthenticated: limitOf(messages, address, limits.messagesPerSecond),
      requireAuth: options.requireAuth,
      checkToken,
      openSubscriptions: (outlet) =>
        backing.openSubscriptions({
          connection: page.connection,
          endpoint,
          random,
          outlet,
          link,
          flush: () => connection.flush(),
          end: (why, how) => connection.end(why, how),
        }),
      exchangeNow: () => backing.now(),
      onEnd: () => connections.delete(connection),
    });
    connections.add(connection);
    return connection;
  };

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
      const connection = open(endpoint, address, link);
      if (closeWith !== undefined) connection.end('fault: close-on-accept', closeWith.code, closeWith.reason);
      return {
        receive(message, binary) {
          backing.beforeMessage();
          connection.receive(message, binary);
          connection.flush();
          backing.afterMessage();
        },
        drained: () => backing.drained(),
        closed(code, reason) {
          connection.closed(code, reason);
          // Others may have waited for the buffer of this socket.
          backing.drained();
        },
      };
    },
    close() {
      backing.stop();
      for (const connection of connections) connection.end('the exchange closes', 1001);
    },
  };
}

/** A random value in the range; Infinity for an infinite range. */
function between([from, to]: readonly [number, number], random: Random): number {
  const share = random();
  return from === to ? from : from + share * (to - from);
}

/** The rate limit of an address, created on first use. */
function limitOf(limits: Map<string, RateLimit>, address: string, perSecond: number): RateLimit {
  const limit = limits.get(address) ?? createRateLimit(perSecond);
  limits.set(address, limit);
  return limit;
}

import { admit, type Admission, type CloseWith } from './admission.ts';
import type { Clock } from '../time/clock.ts';
import { createFaultRules, type FaultControl } from '../faults/fault-control.ts';
import { createLedger, type Ledger } from '../ledger/ledger.ts';
import type { ResolvedOptions } from '../options.ts';
import { createRandom, type Random } from '../random.ts';
import type { Endpoint } from '../session/channels.ts';
import { type Connection, createConnection, type Link } from '../session/connection.ts';
import { createNumbering } from '../session/numbering.ts';
import type { SessionOutlet } from '../session/frame-pipeline.ts';
import { createRateLimit, type RateLimit } from '../session/rate-limit.ts';
import type { Session } from '../session/session.ts';
import { createTokenCheck } from '../session/token-check.ts';
import type { TimeText } from '../market/wire-text.ts';

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

/** What stands behind the desk and has something to say: a market, or a capture. */
export interface Backing {
  openSession(opening: SessionOpening): Session;
  /** Nanoseconds since the exchange began. */
  now(): number;
  /** Around every message of a client. */
  beforeMessage(): void;
  afterMessage(): void;
  /** Some socket has taken what it had to, or is gone. */
  drained(): void;
  stop(): void;
}

export interface SessionOpening {
  /** The connection's number. */
  readonly connection: number;
  readonly endpoint: Endpoint;
  readonly random: Random;
  readonly outlet: SessionOutlet;
  readonly link: Link;
  /** Hands to the socket what was sent. */
  flush(): void;
  /** Ends the connection from the exchange's side. */
  readonly end: Connection['end'];
}

export interface DeskPorts {
  readonly options: ResolvedOptions;
  readonly clock: Clock;
  readonly time: TimeText;
  /** Open connections; the backing looks at them too. */
  readonly connections: Set<Connection>;
  readonly backing: Backing;
}

/** Lets connections in, holds them to the limits, keeps the rules of the faults and the ledger. */
export function createFrontDesk({ options, clock, time, connections, backing }: DeskPorts): ExchangeCore {
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
      openSession: (outlet) =>
        backing.openSession({
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
          // The others may have waited for this one's socket.
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

/** Somewhere in the range; Infinity where the range is. */
function between([from, to]: readonly [number, number], random: Random): number {
  const share = random();
  return from === to ? from : from + share * (to - from);
}

/** One limit an address, made when it first shows up. */
function limitOf(limits: Map<string, RateLimit>, address: string, perSecond: number): RateLimit {
  const limit = limits.get(address) ?? createRateLimit(perSecond);
  limits.set(address, limit);
  return limit;
}

import { type GeneratedKey, generateKey, type TrustedKey } from '../connection/api-key.ts';
import type { FaultRule } from '../faults/fault.ts';
import { parseFaultRule } from '../faults/parse-fault.ts';
import type { LedgerLimits } from '../ledger/ledger.ts';
import { DEFAULT_PRODUCTS } from '../market/product-catalog.ts';
import type { Timings } from '../connection/subscriptions.ts';
import type { TokenRules } from '../connection/token-check.ts';
import type { Pace } from './simulation.ts';

/** Limits that the exchange enforces; the defaults are those of the real one. Numbers of at least 0; `Infinity` disables one. */
export interface ExchangeLimits {
  /** A connection without an accepted subscription is closed after this. @default 5_000 */
  readonly subscribeDeadlineMs: number;
  /** A connection that got no frame for this long is cut; drawn per connection from the range. @default [60_000, 90_000] */
  readonly idleMs: readonly [number, number];
  /** Level2 products on one connection. @default 30 */
  readonly level2Products: number;
  /** New connections a second and address; more get HTTP 429. @default 8 */
  readonly connectionsPerSecond: number;
  /** Messages without a valid token a second and address; more get `rate limit exceeded`. @default 8 */
  readonly messagesPerSecond: number;
  /** Bytes that a client may leave unread; its connection is cut above it. @default 67_108_864 */
  readonly bufferedBytes: number;
}

/** How tokens are checked. */
export interface AuthOptions {
  /** Tolerated clock skew, in milliseconds of at least 0. @default 0 */
  readonly leewayMs?: number;
  /** Whether a nonce may be used twice. ccxt does that; whether the real exchange minds is unknown. @default false */
  readonly allowReuse?: boolean;
}

/** Options of both kinds of exchange. */
export interface ExchangeOptions {
  /** A whole number from 0 to 2^53-1. The same seed and the same requests give the same frames. @default 1 */
  readonly seed?: number;
  /** Ids of the listed products, such as `BTC-USD`. @default ten `-USD` products */
  readonly products?: readonly string[];
  /** Levels in each book, both sides together, a whole number from 2 to 45,000 (the real BTC-USD). @default 1_000 */
  readonly depth?: number;
  /** Exchange time relative to the clock, above 0; `max`: as fast as the slowest socket accepts frames. @default 1 */
  readonly speed?: number | 'max';
  /** Instead of `speed`: frames per second on the busiest connection, above 0. @default as `speed` gives */
  readonly rate?: number;
  /** The wall-clock time that the exchange shows at its first request, or `now`: that of the machine. @default 2026-09-30T02:39:53Z */
  readonly startAt?: Date | 'now';
  /** Approximate number of open orders of the account, at least 0. @default 3 */
  readonly openOrders?: number;
  /** Accepted keys, besides the generated ones. @default none */
  readonly keys?: readonly TrustedKey[];
  /** Whether public channels need a token as well. @default false */
  readonly requireAuth?: boolean;
  /** How tokens are checked. @default as the exchange does */
  readonly auth?: AuthOptions;
  /** Fault rules; more can be added at run time. @default none */
  readonly faults?: readonly FaultRule[];
  /** Limits that the exchange enforces. @default those of the real one */
  readonly limits?: Partial<ExchangeLimits>;
  /** Delays of the exchange. @default see {@link Timings} */
  readonly timings?: Partial<Timings>;
  /** How much the ledger keeps. @default see {@link LedgerLimits} */
  readonly ledger?: Partial<LedgerLimits>;
}

export interface ResolvedOptions {
  readonly seed: number;
  readonly products: readonly string[];
  readonly depth: number;
  readonly pace: Pace;
  /** Milliseconds since 1970 at the exchange's beginning: fixed, or looked at when it begins. */
  readonly epochMs: () => number;
  readonly openOrders: number;
  readonly generatedKeys: readonly GeneratedKey[];
  readonly requireAuth: boolean;
  readonly auth: TokenRules;
  readonly faults: readonly FaultRule[];
  readonly limits: ExchangeLimits;
  readonly timings: Timings;
  readonly ledger: LedgerLimits;
}

/** The instant of the recorded session that the exchange was modelled on. */
export const DEFAULT_START: Date = new Date('2026-09-30T02:39:53Z');

const REAL_LIMITS: ExchangeLimits = {
  subscribeDeadlineMs: 5_000,
  idleMs: [60_000, 90_000],
  level2Products: 30,
  connectionsPerSecond: 8,
  messagesPerSecond: 8,
  bufferedBytes: 64 * 1024 * 1024,
};

function paceOf({ speed = 1, rate }: ExchangeOptions): Pace {
  if (rate !== undefined) return { kind: 'frames', perSecond: rate };
  if (speed === 'max') return { kind: 'frames', perSecond: Number.POSITIVE_INFINITY };
  return { kind: 'clock', speed };
}

/**
 * With defaults, of options that were checked.
 *
 * @throws {SimulatorError} `SIMULATOR_FAULT_INVALID`
 */
export function resolveOptions(options: ExchangeOptions, wallNow: () => number): ResolvedOptions {
  const generatedKeys = [generateKey('ES256'), generateKey('EdDSA')];
  const { startAt = DEFAULT_START } = options;
  return {
    seed: options.seed ?? 1,
    products: options.products ?? DEFAULT_PRODUCTS,
    depth: options.depth ?? 1_000,
    pace: paceOf(options),
    epochMs: startAt === 'now' ? wallNow : () => startAt.getTime(),
    openOrders: options.openOrders ?? 3,
    generatedKeys,
    requireAuth: options.requireAuth ?? false,
    auth: {
      keys: [...generatedKeys, ...(options.keys ?? [])],
      wallNow,
      leewayMs: options.auth?.leewayMs ?? 0,
      allowReuse: options.auth?.allowReuse ?? false,
    },
    faults: (options.faults ?? []).map(parseFaultRule),
    limits: { ...REAL_LIMITS, ...options.limits },
    timings: { intakeMs: 100, snapshotMs: 108, ...options.timings },
    ledger: { frames: 100_000, messages: 10_000, connections: 1_000, bytes: false, ...options.ledger },
  };
}

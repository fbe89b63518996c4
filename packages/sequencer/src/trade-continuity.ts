import { type Accounting, NOTHING_COUNTED, accountingOf, add } from './accounting.ts';
import { SequencerError } from './sequencer-error.ts';
import { checkNames, demand, isCount } from './sequencer-options.ts';
import type { SequencerState } from './sequencer-state.ts';
import { type Sequencer, createSequencer, resumeSequencer } from './sequencer.ts';
import type { Verdict } from './verdict.ts';

/** As a {@link Verdict}, but the missing numbers are trade ids: digit strings that may exceed 2^53-1. */
export type TradeVerdict =
  | Exclude<Verdict, { readonly kind: 'gap' }>
  | {
      readonly kind: 'gap';
      readonly missing: { readonly from: string; readonly to: string };
      readonly count: number;
    };

/** The state of one product's trade ids, as plain data. */
export interface TradeStreamState {
  readonly productId: string;
  /** Subtracted from an id so that the rest is exact: `"0"` unless ids exceed 2^53-1, absent before the first id. */
  readonly base?: string;
  readonly sequencer: SequencerState;
}

export interface TradeContinuityOptions {
  /**
   * Products tracked at once, at least 1. At the limit the one seen first is dropped.
   * @default 10_000
   */
  readonly maxProducts?: number;
  /** The state of another instance to continue from: ids continue across connections and restarts. @default none */
  readonly state?: readonly TradeStreamState[];
}

/**
 * Tracks the trade ids of each product, which the exchange counts up by one. Trades can be missing although no frame is,
 * and a snapshot after a reconnect shows what the outage cost, so an instance outlives connections.
 */
export interface TradeContinuity {
  /**
   * Returns one verdict per id of a frame, in the same order; ids may be in any order (the exchange sends the newest
   * first). The oldest id of a product's first frame is `first`; ids that are not strings of digits are `invalid`, as
   * are ids further than 2^52 from a first one beyond 2^53-1.
   */
  push(productId: string, tradeIds: readonly unknown[]): readonly TradeVerdict[];
  /** Counters of one product, or of all tracked products. */
  accounting(productId?: string): Accounting;
  readonly state: readonly TradeStreamState[];
}

/**
 * Creates a tracker of trade ids.
 *
 * @throws SequencerError `SEQUENCER_OPTION_INVALID`, `SEQUENCER_STATE_INVALID`
 *
 * @example
 * ```ts
 * const trades = createTradeContinuity();
 * trades.push('BTC-USD', ['1100253488']); // [{ kind: 'first' }]
 * trades.push('BTC-USD', ['1100253490']); // one trade is missing
 * ```
 */
export function createTradeContinuity(options: TradeContinuityOptions = {}): TradeContinuity {
  return new Continuity(options);
}

interface Stream {
  /** Unknown until the first id. */
  base: bigint | undefined;
  readonly sequencer: Sequencer;
}

const DIGITS = /^\d{1,64}$/;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** How far below a product's first id late ids may lie, if ids exceed 2^53-1. */
const ROOM_BELOW = 2n ** 52n;

class Continuity implements TradeContinuity {
  readonly #maxProducts: number;
  readonly #streams = new Map<string, Stream>();

  constructor(options: TradeContinuityOptions) {
    checkNames(options, 'maxProducts', 'state');
    const { maxProducts = 10_000, state = [] } = options;
    demand('maxProducts', isCount(maxProducts) && maxProducts > 0, 'a positive integer');
    demand('state', Array.isArray(state), 'an array');
    this.#maxProducts = maxProducts;
    for (const { productId, base, sequencer } of state) {
      if (base !== undefined && !DIGITS.test(base))
        throw new SequencerError('SEQUENCER_STATE_INVALID', { problem: 'a base that is no digits' });
      this.#streams.set(productId, {
        base: base === undefined ? undefined : BigInt(base),
        sequencer: resumeSequencer(sequencer),
      });
    }
  }

  push(productId: string, tradeIds: readonly unknown[]): readonly TradeVerdict[] {
    const stream = this.#streams.get(productId) ?? this.#begin(productId);
    const ids = tradeIds.map((id) => (typeof id === 'string' && DIGITS.test(id) ? BigInt(id) : undefined));
    const oldestFirst = ids
      .map((id, place) => ({ id: id ?? -1n, place }))
      .toSorted((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
    stream.base ??= baseFor(oldestFirst.find(({ id }) => id >= 0n)?.id);
    const verdicts: TradeVerdict[] = [];
    for (const { place } of oldestFirst) {
      const distance = distanceTo(stream, ids[place], tradeIds[place]);
      verdicts[place] = inIds(stream.sequencer.push(distance), stream.base);
    }
    return verdicts;
  }

  accounting(productId?: string): Accounting {
    const total = { ...NOTHING_COUNTED };
    for (const [id, { sequencer }] of this.#streams)
      if (productId === undefined || productId === id) add(total, sequencer.accounting);
    return accountingOf(total);
  }

  get state(): readonly TradeStreamState[] {
    return Array.from(this.#streams, ([productId, { base, sequencer }]) => ({
      productId,
      ...(base !== undefined && { base: String(base) }),
      sequencer: sequencer.state,
    }));
  }

  #begin(productId: string): Stream {
    if (this.#streams.size === this.#maxProducts) {
      const [first] = this.#streams.keys();
      if (first !== undefined) this.#streams.delete(first);
    }
    const stream: Stream = { base: undefined, sequencer: createSequencer({ start: 'any' }) };
    this.#streams.set(productId, stream);
    return stream;
  }
}

function baseFor(oldest: bigint | undefined): bigint | undefined {
  if (oldest === undefined) return undefined;
  return oldest > MAX_SAFE ? oldest - ROOM_BELOW : 0n;
}

/** The number to push for an id; infinity is `invalid` as beyond 2^53-1. */
function distanceTo({ base = 0n }: Stream, id: bigint | undefined, value: unknown): unknown {
  if (id !== undefined) return id < base ? Number.POSITIVE_INFINITY : Number(id - base);
  return typeof value === 'number' ? String(value) : value;
}

function inIds(verdict: Verdict, base = 0n): TradeVerdict {
  if (verdict.kind !== 'gap') return verdict;
  const { from, to } = verdict.missing;
  return { ...verdict, missing: { from: String(base + BigInt(from)), to: String(base + BigInt(to)) } };
}

import type { Trade } from '@feedtape/protocol';
import { ClientError } from '../model/client-error.ts';
import { type Clock, systemClock, waitFor } from '../model/clock.ts';

/** Trades that no line delivered, although the ids before and after them came. Ids are digit strings. */
export interface MissingTrades {
  readonly productId: string;
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

export interface BackfillOptions {
  /**
   * Fetches what is missing, from the REST API for example. What it returns comes as late trades, each once; what
   * it throws is told to `onBackfillError` and leaves the trades missing.
   * @default none
   */
  readonly backfill?: (missing: MissingTrades) => Promise<readonly Trade[]>;
  /** Receives what a backfill threw, or that it took too long. @default none */
  readonly onBackfillError?: (error: unknown, missing: MissingTrades) => void;
  /** For one `backfill`, in milliseconds above 0, before it counts as failed. @default 30_000 */
  readonly backfillMs?: number;
  /** Times the backfills. @default the machine's */
  readonly clock?: Clock;
}

export interface BackfillListener {
  /** Takes what was fetched. What it throws counts as a failure of the backfill. */
  filled(trades: readonly Trade[], missing: MissingTrades): void;
  /** The user's own listener threw. */
  failed(error: unknown): void;
  /** One backfill is over. */
  settled(): void;
}

/** Backfills under way at once: one that never answers must not make room for another million. */
const MAX_PENDING = 16;
const DEFAULT_MS = 30_000;

/** Fetches missing trades, bounded in number and time. Reports each failure once. */
export class Backfills {
  readonly #options: BackfillOptions;
  readonly #listener: BackfillListener;
  /** What cancels the timer of each that is under way. */
  readonly #pending = new Set<() => void>();

  constructor(options: BackfillOptions, listener: BackfillListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get pending(): number {
    return this.#pending.size;
  }

  request(missing: MissingTrades): void {
    const { backfill } = this.#options;
    if (backfill === undefined) return;
    if (this.pending >= MAX_PENDING) this.#tell(missing, `${MAX_PENDING} others are under way`);
    else void this.#fetch(backfill, missing);
  }

  /** Cancels all that are pending. */
  stop(): void {
    for (const cancel of this.#pending) this.#end(cancel);
  }

  async #fetch(backfill: NonNullable<BackfillOptions['backfill']>, missing: MissingTrades): Promise<void> {
    const { backfillMs = DEFAULT_MS, clock = systemClock } = this.#options;
    const cancel = waitFor(clock, backfillMs, () => {
      if (!this.#end(cancel)) return;
      this.#tell(missing, `no answer within ${backfillMs} ms`);
      this.#listener.settled();
    });
    this.#pending.add(cancel);
    try {
      // Not in the middle of what found the gap.
      const trades = await Promise.resolve(missing).then(backfill);
      if (!this.#end(cancel)) return;
      this.#listener.filled(trades, missing);
    } catch (error) {
      this.#end(cancel);
      this.#report(error, missing);
    }
    this.#listener.settled();
  }

  /** False when it was over before. */
  #end(cancel: () => void): boolean {
    if (!this.#pending.delete(cancel)) return false;
    cancel();
    return true;
  }

  #tell(missing: MissingTrades, why: string): void {
    this.#report(new ClientError('CLIENT_BACKFILL_FAILED', { productId: missing.productId, why }), missing);
  }

  #report(error: unknown, missing: MissingTrades): void {
    try {
      this.#options.onBackfillError?.(error, missing);
    } catch (thrown) {
      this.#listener.failed(thrown);
    }
  }
}

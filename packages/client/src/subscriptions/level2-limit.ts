import type { Instant } from '../model/clock.ts';

/** Fewer than this on a connection are never concluded from a refusal: 120 products would become 120 sockets. */
const MIN_LIMIT = 5;
/** After so long without a refusal the limit given in the options is tried again. */
const RESET_MS = 3_600_000;

/**
 * How many level2 products one connection may have, inferred from what the exchange refuses. A refusal proves only that
 * what the connection would have had is too many: one product fewer is tried first, and on further refusals half of the
 * way down to what was served.
 */
export class Level2Limit {
  readonly #configured: number;
  #value: number;
  /** The most that one connection was acknowledged to have. */
  #served = 0;
  #resetAt: Instant = Infinity;

  constructor(configured: number) {
    this.#configured = configured;
    this.#value = configured;
  }

  get value(): number {
    return this.#value;
  }

  /** When to call {@link resetWhenDue}. */
  get resetAt(): Instant {
    return this.#resetAt;
  }

  acknowledged(products: number): void {
    this.#served = Math.max(this.#served, Math.min(products, this.#configured));
  }

  /** @param products level2 products of the connection, acknowledged and requested */
  lower(products: number, now: Instant): void {
    const refuted = Math.min(products, this.#value);
    const first = this.#resetAt === Infinity;
    const served = Math.min(this.#served, refuted - 1);
    const guess = first ? refuted - 1 : Math.floor((served + refuted) / 2);
    this.#value = Math.min(this.#value, Math.max(guess, served, Math.min(MIN_LIMIT, this.#configured)));
    this.#resetAt = now + RESET_MS;
  }

  /** Returns to the limit of the options when it is time. */
  resetWhenDue(now: Instant): void {
    if (now < this.#resetAt) return;
    this.#resetAt = Infinity;
    this.#served = 0;
    this.#value = this.#configured;
  }
}

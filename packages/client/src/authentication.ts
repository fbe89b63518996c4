import type { Instant } from './clock.ts';
import type { Patience } from './patience.ts';

/**
 * Keeps failures to authenticate from becoming a loop: attempts are far apart, and after the last one it is over.
 * One for all connections of a feed, because they share the key.
 */
export class Authentication {
  readonly #patience: Patience;
  #failures = 0;
  #channel: string | undefined;
  #clearAt: Instant = -Infinity;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** Nothing signed may be sent before. */
  get clearAt(): Instant {
    return this.#clearAt;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Failures until it is over. */
  get left(): number {
    return this.#patience.authenticationAttempts - this.#failures;
  }

  /** @param channel what was asked for; `undefined` for the handshake itself */
  failed(channel: string | undefined, now: Instant): Instant {
    this.#failures += 1;
    this.#channel = channel;
    this.#clearAt = now + this.#patience.authenticationMs;
    return this.#clearAt;
  }

  /** A key that works for one channel may not work for another: only the channel that failed clears it. */
  accepted(channel: string | undefined): void {
    if (this.#failures === 0 || channel !== this.#channel) return;
    this.#failures = 0;
    this.#clearAt = -Infinity;
  }
}

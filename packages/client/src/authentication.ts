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
  #postponedTo: Instant = -Infinity;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** No socket may be opened before. */
  get clearAt(): Instant {
    return this.#clearAt;
  }

  /** Nothing signed may be sent before. */
  get signedAt(): Instant {
    return Math.max(this.#clearAt, this.#postponedTo);
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

  /** Begins anew later: what failed may heal by itself. Sockets may be opened meanwhile. */
  postpone(now: Instant): Instant {
    this.#failures = 0;
    this.#clearAt = -Infinity;
    this.#postponedTo = now + this.#patience.clockMs;
    return this.#postponedTo;
  }

  /** A key that works for one channel may not work for another: only the channel that failed clears it. */
  accepted(channel: string | undefined): void {
    if (this.#failures === 0 || channel !== this.#channel) return;
    this.#failures = 0;
    this.#clearAt = -Infinity;
  }
}

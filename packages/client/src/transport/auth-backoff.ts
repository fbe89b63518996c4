import type { Instant } from '../model/clock.ts';
import type { Backoff } from '../model/timeouts.ts';

/** Failures since the last success, by what was refused, and until when nothing is tried. */
interface Episodes {
  readonly failures: Map<string, number>;
  clearAt: Instant;
}

/** What is signed with one key: all requests of a feed, whichever channel they are for. */
const REQUESTS = 'requests';

/**
 * Keeps failures to authenticate from becoming a loop: attempts are far apart, and after the last one it is over.
 * One for all connections of a feed, because they share the key.
 *
 * Counts episodes, not events: after a failure nothing is tried for `authenticationMs`, so whatever is refused within
 * that time was on its way already and says nothing new. A success answers only for what it succeeded in: a key that
 * works for one channel may not work for another.
 */
export class AuthBackoff {
  readonly #backoff: Backoff;
  readonly #groups = new Map<string, Episodes>();
  #postponedTo: Instant = -Infinity;

  constructor(backoff: Backoff) {
    this.#backoff = backoff;
  }

  /** Nothing signed may be sent before. */
  get signedAt(): Instant {
    return Math.max(this.#clearAt(REQUESTS), this.#postponedTo);
  }

  /** No socket to this host may be opened before: it would only wait for its first request. */
  handshakeClearAt(host: string): Instant {
    return Math.max(this.#clearAt(REQUESTS), this.#clearAt(hostKey(host)));
  }

  /** Failed attempts in a row: those of one host, or those of all channels together. */
  get failures(): number {
    let most = 0;
    for (const { failures } of this.#groups.values()) {
      const sum = [...failures.values()].reduce((total, count) => total + count, 0);
      most = Math.max(most, sum);
    }
    return most;
  }

  /** Failures until it is over. */
  get attemptsLeft(): number {
    return this.#backoff.authenticationAttempts - this.failures;
  }

  /** Returns when to try again. */
  requestRefused(channel: string, now: Instant): Instant {
    return this.#failed(REQUESTS, channel, now);
  }

  handshakeRefused(host: string, now: Instant): Instant {
    return this.#failed(hostKey(host), host, now);
  }

  /** Begins anew later: what failed may heal by itself. Sockets may be opened meanwhile. */
  postpone(now: Instant): Instant {
    this.#groups.delete(REQUESTS);
    this.#postponedTo = now + this.#backoff.clockMs;
    return this.#postponedTo;
  }

  requestAccepted(channel: string): void {
    this.#accepted(REQUESTS, channel);
  }

  handshakeAccepted(host: string): void {
    this.#accepted(hostKey(host), host);
  }

  #clearAt(group: string): Instant {
    return this.#groups.get(group)?.clearAt ?? -Infinity;
  }

  #failed(group: string, subject: string, now: Instant): Instant {
    const episodes = this.#groups.get(group) ?? { failures: new Map(), clearAt: -Infinity };
    this.#groups.set(group, episodes);
    if (now < episodes.clearAt) return episodes.clearAt;
    episodes.failures.set(subject, (episodes.failures.get(subject) ?? 0) + 1);
    episodes.clearAt = now + this.#backoff.authenticationMs;
    return episodes.clearAt;
  }

  #accepted(group: string, subject: string): void {
    const episodes = this.#groups.get(group);
    episodes?.failures.delete(subject);
    if (episodes?.failures.size === 0) this.#groups.delete(group);
  }
}

const hostKey = (host: string): string => `host ${host}`;

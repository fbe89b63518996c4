// Admission control of one feed: decides when to connect and when to send a request, from the rate limits, failed
// authentications and the hosts that have worked.
import { AuthBackoff } from './auth-backoff.ts';
import { ClientError } from '../model/client-error.ts';
import type { Instant } from '../model/clock.ts';
import { hostOf } from './urls.ts';
import type { LogEntry } from '../model/log.ts';
import type { RateLimits } from './exchange-rate-limits.ts';
import type { Backoff } from '../model/timeouts.ts';

/** What the exchange would not authenticate: a request for a channel, or a handshake. */
export interface AuthenticationRefusal {
  readonly channel?: string;
  readonly url?: string;
  readonly message: string;
  /** How far the server's clock and ours differ, where both are known. */
  readonly clockOffMs?: number | undefined;
}

export interface AdmissionParts {
  readonly rateLimits: RateLimits;
  readonly backoff: Backoff;
  log(entry: LogEntry): void;
  fail(error: ClientError): void;
}

/** Pause after the exchange reported a rate limit. */
const RATE_LIMITED_MS = 1_100;
/** Clocks that differ by more explain a refused token; a token source makes up for less. */
const CLOCKS_DIFFER_MS = 300_000;

export class Admission {
  readonly #parts: AdmissionParts;
  readonly #authentication: AuthBackoff;
  readonly #worked = new Set<string>();
  #signsPublic = true;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#authentication = new AuthBackoff(parts.backoff);
  }

  /** The earliest moment at which a socket to this URL may be opened. */
  connectableAt(attempt: number, url: string): Instant {
    const { connections: dials, reconnections: redials } = this.#parts.rateLimits;
    const pace = Math.max(dials.readyAt(), this.#authentication.handshakeClearAt(hostOf(url)));
    return attempt > 0 ? Math.max(pace, redials.readyAt()) : pace;
  }

  /** The earliest moment at which a request may be sent. */
  get requestableAt(): Instant {
    return this.#parts.rateLimits.requests.readyAt();
  }

  /** Nothing signed may be sent before. */
  get signedAt(): Instant {
    return this.#authentication.signedAt;
  }

  /** Whether requests for public channels carry a token too. */
  get signsPublic(): boolean {
    return this.#signsPublic;
  }

  /** Failures to authenticate until it is over. */
  get attemptsLeft(): number {
    return this.#authentication.attemptsLeft;
  }

  connecting(attempt: number, now: Instant): void {
    const { connections: dials, reconnections: redials } = this.#parts.rateLimits;
    dials.take(now);
    if (attempt > 0) redials.take(now);
  }

  requestSent(now: Instant): void {
    this.#parts.rateLimits.requests.take(now);
  }

  /** A handshake succeeded. */
  opened(url: string): void {
    this.#worked.add(hostOf(url));
    this.#authentication.handshakeAccepted(hostOf(url));
  }

  /** Whether any connection of this feed has been open to the host of this URL. */
  hasWorked(url: string): boolean {
    return this.#worked.has(hostOf(url));
  }

  /** The exchange took a request for this channel. */
  requestAccepted(channel: string): void {
    this.#authentication.requestAccepted(channel);
  }

  /** A public channel was refused for its token: none gets one any more. */
  publicTokenRefused(): void {
    this.#signsPublic = false;
  }

  rateLimited(now: Instant): void {
    this.#parts.rateLimits.requests.block(now + RATE_LIMITED_MS);
  }

  /** The exchange refused to authenticate us; returns when to try again. */
  authenticationRefused(
    { channel, url = '', message, clockOffMs }: AuthenticationRefusal,
    now: Instant,
  ): Instant {
    const clearAt =
      channel === undefined
        ? this.#authentication.handshakeRefused(hostOf(url), now)
        : this.#authentication.requestRefused(channel, now);
    const { failures: attempts, attemptsLeft } = this.#authentication;
    if (attemptsLeft > 0) return clearAt;
    if (clockOffMs !== undefined && Math.abs(clockOffMs) > CLOCKS_DIFFER_MS) {
      const details = { clockOffMs, retryInMs: this.#parts.backoff.clockMs };
      this.#parts.log({ level: 'error', event: 'authentication-waits-for-the-clock', details });
      return this.#authentication.postpone(now);
    }
    this.#parts.fail(new ClientError('CLIENT_AUTH_FAILED', { attempts, message }));
    return clearAt;
  }
}

import type { Clock, Instant } from './clock.ts';
import type { FeedItem } from './feed-item.ts';
import type { LogEntry } from './log.ts';
import type { Patience } from './patience.ts';
import type { Transport } from './transport.ts';
import type { ClientError } from './client-error.ts';
import type { SentSecrets } from './sent-secrets.ts';

/** What to do about a gap: see `FeedOptions.recovery`. */
export type Recovery = 'resubscribe' | 'reconnect' | 'report';

/** A failure to authenticate. */
export interface AuthenticationRefusal {
  /** What was asked for; `undefined` for the handshake itself. */
  readonly channel?: string | undefined;
  readonly message: string;
  /** How far the server's clock and ours differ, where both are known. */
  readonly clockOffMs?: number | undefined;
}

/** What a connection may use of its feed. */
export interface FeedPort {
  readonly clock: Clock;
  readonly patience: Patience;
  readonly transport: Transport;
  readonly recovery: Recovery;
  readonly maxAttempts: number;
  /** What no text of the server may tell. */
  readonly secrets: SentSecrets;
  random(): number;
  emit(item: FeedItem): void;
  /** Whether frames have to be dropped now; `roomy`: whether they need not be dropped any more. */
  readonly full: boolean;
  readonly roomy: boolean;
  log(entry: LogEntry): void;
  /** Something happened that other decisions may depend on. */
  settle(): void;
  /** A number for a new socket. */
  nextConnection(): number;
  /** The earliest moment at which a socket may be opened. */
  clearedAt(attempt: number): Instant;
  dialled(attempt: number, now: Instant): void;
  readonly paused: boolean;
  /** The exchange refused to authenticate us; returns when to try again. */
  authenticationFailed(refusal: AuthenticationRefusal, now: Instant): Instant;
  /** Nothing signed may be sent before. */
  readonly signedAt: Instant;
  /** Failures to authenticate until it is over. */
  readonly authenticationsLeft: number;
  /** A public channel was refused for its token: none gets one any more. */
  publicRefused(): void;
  /** The exchange took a request for this channel. */
  accepted(channel: string): void;
  rateLimited(now: Instant): void;
  /** The exchange does not serve so many level2 products on one connection. */
  level2Refused(products: number): void;
  fail(error: ClientError): void;
}

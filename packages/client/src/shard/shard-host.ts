import type { Admission } from '../transport/admission.ts';
import type { Clock, Instant } from '../model/clock.ts';
import type { FeedItem } from '../model/item.ts';
import type { LogEntry } from '../model/log.ts';
import type { Patience } from '../model/timeouts.ts';
import type { Transport } from '../transport/transport.ts';
import type { ClientError } from '../model/client-error.ts';
import type { SentSecrets } from '../model/sent-secrets.ts';

/** What to do about a gap: see `FeedOptions.recovery`. */
export type Recovery = 'resubscribe' | 'reconnect' | 'report';

/** Where an item comes from. */
export interface Origin {
  readonly connection: number;
  readonly line: number;
}

/** What a connection may use of its feed. All of it is called inside of transitions. */
export interface FeedPort {
  readonly clock: Clock;
  readonly patience: Patience;
  readonly transport: Transport;
  readonly recovery: Recovery;
  readonly maxAttempts: number;
  /** Who may connect and ask when. */
  readonly admission: Admission;
  /** What no text of the server may tell. */
  readonly secrets: SentSecrets;
  random(): number;
  /** Runs a transition to its end; never in the middle of another one, and nothing it throws comes out. */
  enter(transition: () => void): void;
  /** Collects an item; it is handed out after the transition. */
  emit(item: FeedItem): void;
  /** Whether frames have to be dropped now; `roomy`: whether they need not be dropped any more. */
  readonly full: boolean;
  readonly roomy: boolean;
  log(entry: LogEntry): void;
  /** Something happened that other decisions may depend on. */
  settle(): void;
  /** A number for a new socket. */
  nextConnection(): number;
  readonly paused: boolean;
  /** A public channel was refused for its token: none gets one any more. */
  publicRefused(): void;
  /** The exchange answered a request for this channel; a connection now has so many level2 products. */
  acknowledged(channel: string | undefined, level2Products: number): void;
  /** The exchange does not serve so many level2 products on one connection. */
  level2Refused(products: number, now: Instant): void;
  fail(error: ClientError): void;
}

import type { ClientError } from '../model/client-error.ts';
import type { Clock, Instant } from '../model/clock.ts';
import type { SubscriptionHost } from '../subscriptions/subscription-host.ts';
import type { Transport } from '../transport/transport.ts';

/** What to do about a gap: see `FeedOptions.recovery`. */
export type Recovery = 'resubscribe' | 'reconnect' | 'report';

/** The parts of a feed that all its shards share. */
export interface ShardHost extends SubscriptionHost {
  readonly settings: SubscriptionHost['settings'] & {
    readonly clock: Clock;
    readonly transport: Transport;
    readonly recovery: Recovery;
    readonly maxAttempts: number;
    readonly random: () => number;
  };
  readonly queue: SubscriptionHost['queue'] & {
    /** Whether frames have to be dropped now. */
    readonly dropsFrames: boolean;
    /** Whether they no longer have to be. */
    readonly hasRoom: boolean;
    /** Whether nothing may be read from the sockets. */
    readonly paused: boolean;
  };
  readonly transitions: SubscriptionHost['transitions'] & {
    /** Runs a transition to completion, now or after the one that is running. Never throws. */
    run(transition: () => void): void;
  };
  /** Called when something arrives after a second of silence: this process may have stood still. */
  noticeStall(now: Instant): void;
  /** Numbers a new socket. */
  nextConnection(): number;
  /** Ends the feed with an error. */
  fail(error: ClientError): void;
}

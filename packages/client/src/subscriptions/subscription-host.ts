import type { FeedItem } from '../model/item.ts';
import type { Level2Limit } from './level2-limit.ts';
import type { Log } from '../model/log.ts';
import type { Timing } from '../model/timeouts.ts';
import type { SentSecrets } from '../model/sent-secrets.ts';
import type { Admission } from '../transport/admission.ts';

/** The parts of a feed that the subscriptions of all its connections share. */
export interface SubscriptionHost {
  readonly settings: Timing;
  /** Decides when a request may be sent. */
  readonly admission: Admission;
  /** Hides in texts of the server what was sent as a secret. */
  readonly secrets: SentSecrets;
  readonly level2Limit: Level2Limit;
  readonly queue: {
    /** Queues an item for the consumer, who gets it after the transition. */
    add(item: FeedItem): void;
  };
  readonly log: Log;
  readonly transitions: {
    /** Requests another pass over all shards before the transition ends. */
    requestRound(): void;
  };
}

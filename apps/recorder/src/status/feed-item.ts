import type { Decoded } from '@feedtape/protocol';
import type { SequenceRange, Verdict } from '@feedtape/sequencer';

interface Subscription {
  readonly channel: string;
  readonly productIds?: readonly string[];
}

/** The items of a feed, as far as the status looks at them. */
export type FeedItem =
  | { readonly kind: 'connected'; readonly connection: number; readonly at: number; readonly url: string }
  | { readonly kind: 'sent'; readonly connection: number; readonly at: number }
  | {
      readonly kind: 'subscribed';
      readonly connection: number;
      readonly at: number;
      readonly subscriptions: Readonly<Record<string, readonly string[]>>;
      readonly missing: readonly Subscription[];
    }
  | {
      readonly kind: 'frame';
      readonly connection: number;
      readonly receivedAt: number;
      readonly bytes: Uint8Array;
      readonly verdict?: Verdict;
      readonly decoded: Decoded;
    }
  | {
      readonly kind: 'gap';
      readonly connection: number;
      readonly at: number;
      readonly why: string;
      readonly missing?: SequenceRange;
      readonly count: number | null;
    }
  | {
      readonly kind: 'stale';
      readonly connection: number;
      readonly at: number;
      readonly productIds: readonly string[];
      readonly reason: string;
    }
  | {
      readonly kind: 'recovered';
      readonly connection: number;
      readonly at: number;
      readonly productIds: readonly string[];
    }
  | {
      readonly kind: 'disconnected';
      readonly connection: number;
      readonly at: number;
      readonly reason: string;
      readonly code: number;
      readonly retryInMs?: number;
    }
  | { readonly kind: 'rejected'; readonly connection: number; readonly at: number; readonly message: string };

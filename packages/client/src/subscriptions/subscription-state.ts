// What one connection has requested, what the exchange said to it, and when to try again. Plain data, without clocks.
import type { RequestChannel, Subscription } from '@feedtape/protocol';
import type { Instant } from '../model/clock.ts';
import type { SubscriptionSet } from './subscription-set.ts';

/** One request without its token. */
export interface SubscriptionRequest {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly channel: RequestChannel;
  /** Empty for channels that take none. */
  readonly productIds: readonly string[];
  /** An unsubscribe of desired products: the subscribe that follows brings a new snapshot. */
  readonly repair?: true;
}

export interface SubscriptionState {
  /** The set that the exchange should have for this connection, by the requests sent. */
  readonly requested: SubscriptionSet;
  /** All that was ever requested on this connection. */
  readonly everRequested: SubscriptionSet;
  readonly pending?: { readonly request: SubscriptionRequest; readonly deadline: Instant } | undefined;
  /** Requests whose answer may still come, and until when. */
  readonly unanswered: { readonly count: number; readonly until: Instant };
  /** Consecutive requests without an answer in time. */
  readonly consecutiveTimeouts: number;
  /** The last acknowledgement. */
  readonly acknowledged: SubscriptionSet;
  /** Rejected or left-out subscriptions by {@link memberKey}, and when to request them again. */
  readonly retries: ReadonlyMap<string, Retry>;
  /** level2 products that need a snapshot. One stays here until its snapshot comes or it is unsubscribed for good. */
  readonly snapshots: ReadonlyMap<string, PendingSnapshot>;
  readonly nextRepair: { readonly at: Instant; readonly waitMs: number };
}

export const initialSubscriptionState: SubscriptionState = {
  requested: new Map(),
  everRequested: new Map(),
  unanswered: { count: 0, until: -Infinity },
  consecutiveTimeouts: 0,
  acknowledged: new Map(),
  retries: new Map(),
  snapshots: new Map(),
  nextRepair: { at: -Infinity, waitMs: 0 },
};

/** A level2 product whose snapshot has not come. */
export interface PendingSnapshot {
  /** Failed repairs since the last snapshot. */
  readonly attempts: number;
  /** A request that brings the snapshot was sent; otherwise a repair is due at `at`. */
  readonly sent: boolean;
  /** When to repair, or to repair again. */
  readonly at: Instant;
}

/** How often something was tried, and when to try it again. */
export interface Retry {
  readonly attempts: number;
  readonly at: Instant;
}

export const memberKey = (channel: RequestChannel, member: string): string => `${channel} ${member}`;
/** What a channel's set consists of; `''` stands for a channel without products. */
export const membersOf = (products: ReadonlySet<string>): readonly string[] =>
  products.size === 0 ? [''] : [...products];
/** The product ids among members. */
export const idsOf = (members: readonly string[]): readonly string[] =>
  members.filter((member) => member !== '');

/** Channel and member of a {@link memberKey}. */
export function memberOf(key: string): readonly [RequestChannel, string] {
  const [channel = '', member = ''] = key.split(' ');
  return [channel as RequestChannel, member];
}

/** Members by channel, as subscriptions. */
export function subscriptionsOf(keys: Iterable<string>): readonly Subscription[] {
  const members = new Map<RequestChannel, string[]>();
  for (const key of keys) {
    const [channel, member] = memberOf(key);
    members.set(channel, [...(members.get(channel) ?? []), member]);
  }
  return [...members].map(([channel, names]) => ({ channel, productIds: idsOf(names) }));
}

import { LIMITS, type Subscription } from '@feedtape/protocol';
import { type AssignmentLimits, reassign } from './shard-assignment.ts';
import { inRequestOrder, noSubscriptions, addSubscriptions } from './subscription-set.ts';

/** What one connection of a feed subscribes to, in the order of sending: one request per entry. */
export interface ConnectionPlan {
  /** `user` for private channels, which have an endpoint of their own. */
  readonly endpoint: 'market' | 'user';
  readonly subscriptions: readonly Subscription[];
}

/**
 * The connections that a new feed opens for these subscriptions, without opening any. Default limits: those of the
 * exchange, 30 products of level2 and 100 of every other channel per connection.
 *
 * @example
 * ```ts
 * planConnections([{ channel: 'ticker', productIds: ['BTC-USD'] }]).length; // 1
 * ```
 */
export function planConnections(
  subscriptions: readonly Subscription[],
  limits: AssignmentLimits = LIMITS,
): readonly ConnectionPlan[] {
  const assignments = reassign([], addSubscriptions(noSubscriptions, subscriptions), limits);
  return assignments.flatMap((assignment) => {
    if (assignment === undefined) return [];
    const { endpoint, subscriptions: assigned } = assignment;
    return {
      endpoint,
      subscriptions: inRequestOrder(assigned.keys()).map((channel): Subscription => {
        const productIds = [...(assigned.get(channel) ?? [])];
        return productIds.length === 0 ? { channel } : { channel, productIds };
      }),
    };
  });
}

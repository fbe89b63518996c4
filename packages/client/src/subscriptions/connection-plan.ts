import { LIMITS, type Subscription } from '@feedtape/protocol';
import { type PlanLimits, replan } from './shard-assignment.ts';
import { inOrder, noTopics, wantMore } from './subscription-set.ts';

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
 * planConnections([{ channel: 'ticker', productIds: ['BTC-USD'] }]).length; // 1
 */
export function planConnections(
  subscriptions: readonly Subscription[],
  limits: PlanLimits = LIMITS,
): readonly ConnectionPlan[] {
  const places = replan([], wantMore(noTopics, subscriptions), limits);
  return places.flatMap((place) => {
    if (place === undefined) return [];
    const { endpoint, topics } = place;
    return {
      endpoint,
      subscriptions: inOrder(topics.keys()).map((channel): Subscription => {
        const productIds = [...(topics.get(channel) ?? [])];
        return productIds.length === 0 ? { channel } : { channel, productIds };
      }),
    };
  });
}

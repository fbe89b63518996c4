// The set of subscriptions a user wants, as it changes. Pure.
import { productsOf, type RequestChannel, type Subscription } from '@feedtape/protocol';
import type { Topics } from './subscription-set.ts';

/** With these added. */
export function wantMore(wanted: Topics, subscriptions: readonly Subscription[]): Topics {
  const next = new Map(wanted);
  for (const { channel, productIds = [] } of subscriptions) {
    const have = next.get(channel);
    // `user` without products means all of them, and stays so when some are named as well.
    const all = productIds.length === 0 || have?.size === 0;
    next.set(channel, all ? new Set() : new Set([...(have ?? []), ...productIds]));
  }
  return next;
}

/** Without these; a channel named without products goes as a whole. */
export function wantLess(wanted: Topics, subscriptions: readonly Subscription[]): Topics {
  const next = new Map<RequestChannel, ReadonlySet<string>>(wanted);
  for (const { channel, productIds = [] } of subscriptions) {
    const have = next.get(channel);
    if (have === undefined) continue;
    const left = new Set([...have].filter((id) => !productIds.includes(id)));
    const all = productIds.length === 0 || (left.size === 0 && have.size > 0);
    if (all || productsOf(channel) === 'none') next.delete(channel);
    else next.set(channel, left);
  }
  return next;
}

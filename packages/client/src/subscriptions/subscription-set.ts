import {
  isProductId,
  isRequestChannel,
  productsOf,
  type RequestChannel,
  type Subscription,
  type SubscriptionsEvent,
} from '@feedtape/protocol';

/** Channels and their products; a channel without products, or with all of them, has an empty set. */
export type SubscriptionSet = ReadonlyMap<RequestChannel, ReadonlySet<string>>;

export const noSubscriptions: SubscriptionSet = new Map();

/** The order of requests on a connection: order books and private channels, then heartbeats, then the rest. */
const ORDER: readonly string[] = ['level2', 'user', 'futures_balance_summary', 'heartbeats', 'market_trades'];

const rank = (channel: string): number => {
  const index = ORDER.indexOf(channel);
  return index === -1 ? ORDER.length : index;
};

/** Sorts channels in the order of requests. */
export const inRequestOrder = (channels: Iterable<RequestChannel>): RequestChannel[] =>
  [...channels].toSorted((a, b) => rank(a) - rank(b));

/** `BTC-USD` for `BTC-USDC` and the other way round: the exchange serves most of the latter as the former. */
export function twinOf(productId: string): string | undefined {
  if (productId.endsWith('-USDC')) return productId.slice(0, -1);
  return productId.endsWith('-USD') ? `${productId}C` : undefined;
}

/** Whether a set that the exchange named covers a product, by its own name or as `-USD` for `-USDC`. */
export function covers(served: ReadonlySet<string> | undefined, productId: string): boolean {
  if (served === undefined) return false;
  if (served.has(productId)) return true;
  const twin = twinOf(productId);
  return twin !== undefined && productId.endsWith('-USDC') && served.has(twin);
}

/** Whether a level2 product, as frames name it, is among those that requests name. */
export const includesProduct = (books: ReadonlySet<string> | undefined, productId: string): boolean =>
  books !== undefined && (books.has(productId) || books.has(`${productId}C`));

/** All that the events of one acknowledgement list. */
export function listedIn(events: readonly SubscriptionsEvent[]): Readonly<Record<string, readonly string[]>> {
  const listed = new Map<string, Set<string>>();
  for (const { subscriptions } of events) {
    for (const [name, ids] of Object.entries(subscriptions))
      listed.set(name, new Set([...(listed.get(name) ?? []), ...ids]));
  }
  return Object.fromEntries([...listed].map(([name, ids]) => [name, [...ids]]));
}

/** The complete set of subscriptions that an acknowledgement lists, under the names that requests use. */
export function subscriptionSetOf(
  subscriptions: Readonly<Record<string, readonly string[]>>,
): SubscriptionSet {
  const set = new Map<RequestChannel, ReadonlySet<string>>();
  for (const [name, ids] of Object.entries(subscriptions)) {
    if (!isRequestChannel(name)) continue;
    // `user` lists the account's own id here, `heartbeats` its own name: neither is a product. What can't be one
    // can't be unsubscribed either.
    set.set(name, new Set(productsOf(name) === 'required' ? ids.filter(isProductId) : []));
  }
  return set;
}

export const sameSet = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((member) => b.has(member));

/** Adds subscriptions. */
export function addSubscriptions(
  desired: SubscriptionSet,
  subscriptions: readonly Subscription[],
): SubscriptionSet {
  const next = new Map(desired);
  for (const { channel, productIds = [] } of subscriptions) {
    const have = next.get(channel);
    // `user` without products means all of them, and stays so when some are named as well.
    const all = productIds.length === 0 || have?.size === 0;
    next.set(channel, all ? new Set() : new Set([...(have ?? []), ...productIds]));
  }
  return next;
}

/** Removes subscriptions; a channel named without products is removed with all of its products. */
export function removeSubscriptions(
  desired: SubscriptionSet,
  subscriptions: readonly Subscription[],
): SubscriptionSet {
  const next = new Map<RequestChannel, ReadonlySet<string>>(desired);
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

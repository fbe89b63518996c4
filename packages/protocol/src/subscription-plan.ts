import { CHANNELS, isPrivateChannel, productsOf, type RequestChannel } from './values/channel.ts';
import { LIMITS, type Limits } from './values/limits.ts';
import { ProtocolError } from './protocol-error.ts';
import { checkedProducts } from './request.ts';

/** A channel and the products wanted of it. */
export interface Subscription {
  readonly channel: RequestChannel;
  readonly productIds?: readonly string[];
}

/** What one connection subscribes to, in the order of sending. Each entry is one message. */
export interface ConnectionPlan {
  /** `user` for private channels: they have an endpoint of their own. */
  readonly endpoint: 'market' | 'user';
  readonly subscriptions: readonly Subscription[];
}

type PlanLimits = Pick<Limits, 'level2ProductsPerConnection' | 'otherProductsPerConnection'>;

/**
 * Spreads what is wanted over as few connections as the limits allow. Repeated channels and products are merged;
 * the order of products stays. A product's channels share a connection as long as they fit, `level2` is asked for
 * first so that the first reply tells about it, and every connection ends with `heartbeats`, which keeps it open.
 * The same input always gives the same plan.
 * @throws {ProtocolError} `PROTOCOL_BAD_LIMIT`, `PROTOCOL_UNKNOWN_CHANNEL`, `PROTOCOL_BAD_PRODUCT_ID`,
 * `PROTOCOL_PRODUCTS_MISSING`, `PROTOCOL_PRODUCTS_NOT_ALLOWED`
 */
export function planSubscriptions(
  wanted: readonly Subscription[],
  limits: Partial<PlanLimits> = {},
): readonly ConnectionPlan[] {
  const capacity = checkedCapacity({ ...LIMITS, ...limits });
  const merged = merge(wanted);
  const connections: Products[] = [];
  for (const channel of SENDING_ORDER) {
    for (const productId of merged.get(channel) ?? []) {
      placeFor(connections, channel, productId, capacity(channel)).add(productId);
    }
  }
  const plans = connections.map((products) => connectionPlan('market', products));
  const ofAccount = new Map([...merged].filter(([channel]) => isPrivateChannel(channel)));
  if (ofAccount.size > 0) plans.push(connectionPlan('user', ofAccount));
  if (plans.length === 0 && merged.has('heartbeats')) plans.push(connectionPlan('market', new Map()));
  return plans;
}

type Products = Map<RequestChannel, Set<string>>;

const SENDING_ORDER: readonly RequestChannel[] = [
  'level2',
  ...CHANNELS.filter((channel) => channel !== 'level2' && productsOf(channel) === 'required'),
];

function merge(wanted: readonly Subscription[]): Products {
  const merged: Products = new Map();
  for (const { channel, productIds } of wanted) {
    const products = checkedProducts({ channel, ...(productIds && { productIds }) });
    if (products.length === 0 && productsOf(channel) === 'required') {
      throw new ProtocolError('PROTOCOL_PRODUCTS_MISSING', { channel });
    }
    const known = merged.get(channel);
    // `user` without products means all of them, and stays so when some are named elsewhere.
    const all = products.length === 0 || known?.size === 0;
    merged.set(channel, all ? new Set() : new Set([...(known ?? []), ...products]));
  }
  return merged;
}

function placeFor(
  connections: Products[],
  channel: RequestChannel,
  productId: string,
  capacity: number,
): Set<string> {
  const hasRoom = (products: Products): boolean => (products.get(channel)?.size ?? 0) < capacity;
  const knows = (products: Products): boolean => [...products.values()].some((ids) => ids.has(productId));
  let products =
    connections.find((candidate) => hasRoom(candidate) && knows(candidate)) ?? connections.find(hasRoom);
  if (products === undefined) connections.push((products = new Map()));
  const ids = products.get(channel) ?? new Set<string>();
  products.set(channel, ids);
  return ids;
}

function connectionPlan(endpoint: ConnectionPlan['endpoint'], products: Products): ConnectionPlan {
  const subscriptions = [...products].map(([channel, ids]): Subscription =>
    ids.size === 0 ? { channel } : { channel, productIds: [...ids] },
  );
  return { endpoint, subscriptions: [...subscriptions, { channel: 'heartbeats' }] };
}

function checkedCapacity(limits: PlanLimits): (channel: RequestChannel) => number {
  for (const limit of ['level2ProductsPerConnection', 'otherProductsPerConnection'] as const) {
    const value = limits[limit];
    if (!Number.isSafeInteger(value) || value < 1)
      throw new ProtocolError('PROTOCOL_BAD_LIMIT', { limit, value });
  }
  return (channel) =>
    channel === 'level2' ? limits.level2ProductsPerConnection : limits.otherProductsPerConnection;
}

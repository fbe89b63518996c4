// Reconciles requested with desired subscriptions: picks the next request. Pure.
import { isPrivateChannel, productsOf, type RequestChannel } from '@feedtape/protocol';
import type { Instant } from '../model/clock.ts';
import { inRequestOrder, type SubscriptionSet, twinOf } from './subscription-set.ts';
import {
  type SubscriptionRequest,
  type SubscriptionState,
  idsOf,
  memberKey,
  membersOf,
} from './subscription-state.ts';

/**
 * Returns the next request, or `undefined` while one is pending, when nothing differs, or before its time. Requests no
 * private channel before `signedAt`.
 */
export function nextRequest(
  state: SubscriptionState,
  desired: SubscriptionSet,
  now: Instant,
  signedAt: Instant = -Infinity,
): SubscriptionRequest | undefined {
  if (state.pending !== undefined) return undefined;
  // Unsubscribes come first: they make room within the exchange's limit.
  return (
    unsubscribeDue(state, desired, now) ??
    repairDue(state, now) ??
    subscribeDue(state, desired, now, signedAt)
  );
}

/** Returns when {@link nextRequest} or `expireTimeouts` may change their answer without an event. */
export function subscriptionDeadline(state: SubscriptionState, now: Instant): Instant {
  const times = [...state.retries.values(), ...state.snapshots.values()].map(({ at }) => at);
  times.push(state.nextRepair.at);
  const soonest = Math.min(Infinity, ...times.filter((at) => at > now));
  return Math.min(soonest, state.pending?.deadline ?? Infinity);
}

const isDeferred = (
  state: SubscriptionState,
  channel: RequestChannel,
  member: string,
  now: Instant,
): boolean => now < (state.retries.get(memberKey(channel, member))?.at ?? -Infinity);

function unsubscribeDue(
  state: SubscriptionState,
  desired: SubscriptionSet,
  now: Instant,
): SubscriptionRequest | undefined {
  for (const [channel, products] of state.requested) {
    const keep = desired.get(channel);
    const extra =
      keep === undefined
        ? membersOf(products)
        : productsOf(channel) === 'required'
          ? [...products].filter((id) => !keep.has(id) && !sharesStream(state, channel, id, keep))
          : [];
    const due = extra.filter((member) => !isDeferred(state, channel, member, now));
    if (due.length > 0) return { type: 'unsubscribe', channel, productIds: idsOf(due) };
  }
  return undefined;
}

/** `BTC-USDC` and `BTC-USD` may be one stream: ending the one would end the other. */
function sharesStream(
  { acknowledged }: SubscriptionState,
  channel: RequestChannel,
  productId: string,
  keep: ReadonlySet<string>,
): boolean {
  const twin = twinOf(productId);
  if (twin === undefined || !keep.has(twin)) return false;
  const served = acknowledged.get(channel);
  return !(served?.has(productId) && served.has(twin));
}

/** Returns the unsubscribe of broken books; the subscribe that follows brings their snapshots. */
export function repairDue(state: SubscriptionState, now: Instant): SubscriptionRequest | undefined {
  if (now < state.nextRepair.at) return undefined;
  const books = state.requested.get('level2');
  const productIds = [...state.snapshots]
    .filter(
      ([id, { sent, at }]) => !sent && at <= now && books?.has(id) && !isDeferred(state, 'level2', id, now),
    )
    .map(([id]) => id);
  return productIds.length > 0
    ? { type: 'unsubscribe', channel: 'level2', productIds, repair: true }
    : undefined;
}

function subscribeDue(
  state: SubscriptionState,
  desired: SubscriptionSet,
  now: Instant,
  signedAt: Instant,
): SubscriptionRequest | undefined {
  for (const channel of inRequestOrder(desired.keys())) {
    if (now < signedAt && isPrivateChannel(channel)) continue;
    const have = state.requested.get(channel);
    const members = membersOf(desired.get(channel) ?? new Set()).filter(
      (member) =>
        !(member === '' ? have !== undefined : have?.has(member)) && !isDeferred(state, channel, member, now),
    );
    if (members.length > 0) return { type: 'subscribe', channel, productIds: idsOf(members) };
  }
  return undefined;
}

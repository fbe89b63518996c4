// Parts of the subscription reducer that interpret acknowledgements and defer retries. Pure.
import { productsOf, type RequestChannel } from '@feedtape/protocol';
import type { Instant } from '../model/clock.ts';
import {
  type SubscriptionRequest,
  type SubscriptionState,
  memberKey,
  type PendingSnapshot,
  type Retry,
} from './subscription-state.ts';
import type { Timing } from '../model/timeouts.ts';
import { covers, type SubscriptionSet, twinOf } from './subscription-set.ts';

/** An overdue snapshot is requested again after 5 s, then 5, 10, 20 s and so on, at most every 5 minutes. */
const MAX_DOUBLINGS = 6;

export const snapshotDueAt = (from: Instant, attempts: number, { timeouts }: Timing): Instant =>
  from + timeouts.snapshotMs * 2 ** Math.min(Math.max(0, attempts - 1), MAX_DOUBLINGS);

export function isServed(
  has: ReadonlySet<string> | undefined,
  channel: RequestChannel,
  member: string,
): boolean {
  return productsOf(channel) === 'required' ? covers(has, member) : has !== undefined;
}

export function withRequest(
  subscriptions: SubscriptionSet,
  { channel, productIds }: SubscriptionRequest,
): SubscriptionSet {
  return new Map(subscriptions).set(channel, new Set([...(subscriptions.get(channel) ?? []), ...productIds]));
}

export function withoutRequest(
  subscriptions: SubscriptionSet,
  { channel, productIds }: SubscriptionRequest,
): SubscriptionSet {
  const next = new Map(subscriptions);
  const left = new Set(subscriptions.get(channel));
  for (const id of productIds) left.delete(id);
  if (left.size === 0) next.delete(channel);
  else next.set(channel, left);
  return next;
}

/** Restricts an acknowledged set to what was ever requested. */
export function restrictToRequested(
  listed: SubscriptionSet,
  everRequested: SubscriptionSet,
): SubscriptionSet {
  const own = new Map<RequestChannel, ReadonlySet<string>>();
  for (const [channel, products] of listed) {
    const ours = everRequested.get(channel);
    if (ours === undefined) continue;
    own.set(channel, new Set([...products].filter((id) => ours.has(id) || ours.has(twinOf(id) ?? id))));
  }
  return own;
}

/**
 * Adds to `known` what the exchange serves although it should have ended, such as a stream whose acknowledged
 * unsubscribe had no effect. Returns what was added.
 */
export function adopt(
  known: Map<RequestChannel, ReadonlySet<string>>,
  served: SubscriptionSet,
): readonly (readonly [RequestChannel, string])[] {
  const adopted: (readonly [RequestChannel, string])[] = [];
  for (const [channel, products] of served) {
    const ours = known.get(channel) ?? new Set<string>();
    const foreign = [...products].filter((id) => !ours.has(id) && !ours.has(twinOf(id) ?? id));
    const whole = productsOf(channel) !== 'required' && !known.has(channel);
    if (foreign.length === 0 && !whole) continue;
    known.set(channel, new Set([...ours, ...foreign]));
    for (const member of whole ? [''] : foreign) adopted.push([channel, member]);
  }
  return adopted;
}

/** Sharpens when a snapshot is overdue, for products whose subscription was just acknowledged. */
export function awaitSnapshots(
  snapshots: ReadonlyMap<string, PendingSnapshot>,
  books: ReadonlySet<string> | undefined,
  now: Instant,
  timing: Timing,
): ReadonlyMap<string, PendingSnapshot> {
  return new Map(
    [...snapshots].map(([productId, need]) => {
      if (!need.sent || books?.has(productId) !== true) return [productId, need];
      return [productId, { ...need, at: Math.min(need.at, snapshotDueAt(now, need.attempts, timing)) }];
    }),
  );
}

/** Whether a set shows the effect of a request. */
export function reflects(served: SubscriptionSet, request: SubscriptionRequest | undefined): boolean {
  if (request === undefined) return false;
  const has = served.get(request.channel);
  const members = request.productIds.length === 0 ? [''] : request.productIds;
  return members.every((member) => isServed(has, request.channel, member) === (request.type === 'subscribe'));
}

/** Keeps the books of an unanswered request as they are, and repairs those that need it once they are served. */
export function answerMissed(
  state: SubscriptionState,
  { type, channel, productIds }: SubscriptionRequest,
  now: Instant,
): SubscriptionState {
  if (type !== 'subscribe' || channel !== 'level2') return state;
  const [retries, snapshots] = [new Map(state.retries), new Map(state.snapshots)];
  for (const id of productIds) {
    retries.set(memberKey(channel, id), { attempts: 0, at: now });
    const need = snapshots.get(id);
    if (need !== undefined) snapshots.set(id, { ...need, sent: false, at: now });
  }
  return { ...state, retries, snapshots };
}

/** Upper bound of the retry delay, as a multiple of `refusedMs`: every hour by default. */
const MAX_RETRY_FACTOR = 720;

/** Defers the next request by 5, 10, 20 s and so on, at most an hour: a delisted product may come back. */
export function deferRetry(
  retries: Map<string, Retry>,
  key: string,
  now: Instant,
  { backoff }: Timing,
): void {
  const known = retries.get(key);
  // Reported again before the retry: one rejection, not two.
  if (known !== undefined && now < known.at) return;
  const attempts = (known?.attempts ?? 0) + 1;
  retries.set(key, {
    attempts,
    at: now + backoff.refusedMs * Math.min(MAX_RETRY_FACTOR, 2 ** (attempts - 1)),
  });
}

/** Removes the retries that a request covers. */
export function withoutRetries(
  retries: ReadonlyMap<string, Retry>,
  { channel, productIds }: { readonly channel: RequestChannel; readonly productIds: readonly string[] },
): ReadonlyMap<string, Retry> {
  const left = new Map(retries);
  for (const member of productIds.length === 0 ? [''] : productIds) left.delete(memberKey(channel, member));
  return left;
}

// The transitions of a connection's subscriptions. Pure: it sends nothing and reads no clock. One request is under way
// at a time, because an error reply does not say what it answers.
import type { RequestChannel, Subscription } from '@feedtape/protocol';
import {
  adopt,
  awaitSnapshots,
  restrictToRequested,
  isServed,
  deferRetry,
  reflects,
  snapshotDueAt,
  answerMissed,
  withRequest,
  withoutRequest,
  withoutRetries,
} from './acknowledgement.ts';
import type { Instant } from '../model/clock.ts';
import { repairDue } from './next-request.ts';
import type { Timing } from '../model/timeouts.ts';
import { type SubscriptionSet, twinOf } from './subscription-set.ts';
import {
  type SubscriptionRequest,
  type SubscriptionState,
  idsOf,
  memberKey,
  memberOf,
  membersOf,
  type PendingSnapshot,
  subscriptionsOf,
} from './subscription-state.ts';

/** Consecutive timeouts after which the connection counts as unresponsive. */
const MAX_CONSECUTIVE_TIMEOUTS = 3;

/** Records a request that was sent. */
export function requestSent(
  state: SubscriptionState,
  request: SubscriptionRequest,
  now: Instant,
  timing: Timing,
): SubscriptionState {
  const deadline = now + timing.timeouts.answerMs;
  const subscribes = request.type === 'subscribe';
  const next: SubscriptionState = {
    ...state,
    requested: subscribes ? withRequest(state.requested, request) : withoutRequest(state.requested, request),
    everRequested: subscribes ? withRequest(state.everRequested, request) : state.everRequested,
    pending: { request, deadline },
    unanswered: { count: openRequests(state, now) + 1, until: deadline },
    ...(!subscribes && { retries: withoutRetries(state.retries, request) }),
  };
  if (request.channel !== 'level2') return next;
  const snapshots = new Map(next.snapshots);
  for (const productId of request.productIds) {
    const need = snapshots.get(productId);
    // A product requested again because it was left out may never have stopped: no snapshot need come for it, and a
    // pending repair stays pending.
    if (subscribes && need?.sent !== true && state.retries.has(memberKey('level2', productId))) continue;
    if (!subscribes && request.repair !== true) snapshots.delete(productId);
    else {
      const attempts = need?.attempts ?? 0;
      snapshots.set(productId, { attempts, sent: true, at: snapshotDueAt(deadline, attempts, timing) });
    }
  }
  return { ...next, snapshots };
}

export interface Acknowledgement {
  readonly state: SubscriptionState;
  /** Requested on this connection and rejected or left out. */
  readonly missing: readonly Subscription[];
  /** Requested name → name it is served under. */
  readonly aliases: ReadonlyMap<string, string>;
}

/**
 * Applies an acknowledgement, the complete set of this connection. Ignores what was never requested here: ending it
 * may need a token that this client does not have.
 */
export function acknowledgementReceived(
  state: SubscriptionState,
  listed: SubscriptionSet,
  now: Instant,
  timing: Timing,
): Acknowledgement {
  const served = restrictToRequested(listed, state.everRequested);
  // While other answers are pending, this set may be older than the newest request.
  const others = reflects(served, state.pending?.request) ? 0 : Math.max(0, openRequests(state, now) - 1);
  const aliases = new Map<string, string>();
  const retries = new Map(
    [...state.retries].filter(([key]) => {
      const [channel, member] = memberOf(key);
      return !isServed(served.get(channel), channel, member);
    }),
  );
  const known = new Map<RequestChannel, ReadonlySet<string>>();
  for (const [channel, products] of state.requested) {
    const has = served.get(channel);
    const here = membersOf(products).filter((member) => isServed(has, channel, member));
    const gone = membersOf(products).filter((member) => !here.includes(member));
    for (const member of here) {
      const twin = twinOf(member);
      if (twin !== undefined && !has?.has(member) && has?.has(twin)) aliases.set(member, twin);
    }
    for (const member of gone) {
      if (others === 0) deferRetry(retries, memberKey(channel, member), now, timing);
    }
    const kept = others > 0 ? membersOf(products) : here;
    if (kept.length > 0) known.set(channel, new Set(idsOf(kept)));
  }
  const missing = subscriptionsOf(retries.keys());
  const adopted = others === 0 ? adopt(known, served) : [];
  const snapshots = new Map(state.snapshots);
  for (const [channel, member] of adopted) {
    // Its unsubscribe had no effect: not again at once.
    retries.set(memberKey(channel, member), { attempts: 0, at: now + timing.backoff.refusedMs });
    // Only a product that an acknowledgement had left out may still be right.
    const leftOut = state.retries.has(memberKey(channel, member));
    if (channel === 'level2' && !leftOut && !snapshots.has(member))
      snapshots.set(member, { attempts: 0, sent: true, at: Infinity });
  }
  return {
    state: {
      ...state,
      requested: known,
      acknowledged: served,
      pending: others > 0 ? state.pending : undefined,
      unanswered: { ...state.unanswered, count: others },
      consecutiveTimeouts: 0,
      retries,
      snapshots: awaitSnapshots(snapshots, known.get('level2'), now, timing),
    },
    missing,
    aliases,
  };
}

/** Applies a change of the desired set. Requested subscriptions stay until a request has ended them. */
export function desiredChanged(state: SubscriptionState, desired: SubscriptionSet): SubscriptionState {
  const isWanted = (channel: RequestChannel, member: string): boolean =>
    member === '' ? desired.has(channel) : desired.get(channel)?.has(member) === true;
  const retries = [...state.retries].filter(([key]) => isWanted(...memberOf(key)));
  const books = state.requested.get('level2');
  const snapshots = [...state.snapshots].filter(([id]) => isWanted('level2', id) || books?.has(id) === true);
  return { ...state, retries: new Map(retries), snapshots: new Map(snapshots) };
}

/** An error reply came: it answers the request under way, if there is one. */
export function requestRejected(
  state: SubscriptionState,
  now: Instant,
  retryAt: Instant | undefined,
  timing: Timing,
): SubscriptionState {
  const request = state.pending?.request;
  const unanswered = { ...state.unanswered, count: Math.max(0, openRequests(state, now) - 1) };
  if (request === undefined) return { ...state, unanswered };
  const retries = new Map(state.retries);
  for (const member of request.productIds.length === 0 ? [''] : request.productIds) {
    const key = memberKey(request.channel, member);
    if (retryAt === undefined) deferRetry(retries, key, now, timing);
    else retries.set(key, { attempts: retries.get(key)?.attempts ?? 0, at: retryAt });
  }
  return {
    ...rollBack(state, request, now),
    pending: undefined,
    unanswered,
    consecutiveTimeouts: 0,
    retries,
  };
}

/** Frames are missing: the books are wrong, and the answer under way may be among the missing. */
export function framesLost(state: SubscriptionState, now: Instant, timing: Timing): SubscriptionState {
  const { pending, nextRepair: last } = state;
  // Books are repaired anyway; other subscriptions are requested once more, which changes nothing if they were
  // granted.
  const base =
    pending === undefined || pending.request.channel === 'level2'
      ? state
      : rollBack(state, pending.request, now);
  const books = booksOf(state);
  if (books.size === 0) return { ...base, pending: undefined };
  const { repairMs } = timing.backoff;
  const calm = now - last.at >= 60 * repairMs;
  const scheduled = now < last.at || repairDue(state, now) !== undefined;
  const nextRepair = scheduled
    ? last
    : {
        at: now + (calm ? 0 : last.waitMs),
        waitMs: calm ? repairMs : Math.min(4 * repairMs, Math.max(repairMs, last.waitMs * 2)),
      };
  const snapshots = new Map(base.snapshots);
  for (const id of books)
    snapshots.set(id, { attempts: snapshots.get(id)?.attempts ?? 0, sent: false, at: nextRepair.at });
  return { ...base, pending: undefined, snapshots, nextRepair };
}

/** The level2 products this connection may have: an acknowledgement that leaves one out may be wrong. */
function booksOf({ requested, retries }: SubscriptionState): Set<string> {
  const omitted = [...retries.keys()].map(memberOf).filter(([channel]) => channel === 'level2');
  return new Set([...(requested.get('level2') ?? []), ...omitted.map(([, id]) => id)]);
}

/** Some more books need a new snapshot, named as on the wire; for some of them it is on its way already. */
export function repairProducts(state: SubscriptionState, productIds: readonly string[]): SubscriptionState {
  const books = booksOf(state);
  const snapshots = new Map(state.snapshots);
  for (const id of productIds.flatMap((name) => [name, twinOf(name) ?? name]))
    if (books.has(id) && !snapshots.has(id)) snapshots.set(id, { attempts: 0, sent: false, at: -Infinity });
  return { ...state, snapshots };
}

/** A level2 snapshot came: the product is right from here on. */
export function snapshotReceived(state: SubscriptionState, productId: string): SubscriptionState {
  const names = [productId, twinOf(productId) ?? productId];
  if (!names.some((name) => state.snapshots.has(name))) return state;
  const snapshots = new Map(state.snapshots);
  for (const name of names) snapshots.delete(name);
  return { ...state, snapshots };
}

/** Applies timeouts: repeats unanswered requests and overdue snapshots. */
export function expireTimeouts(
  state: SubscriptionState,
  now: Instant,
  timing: Timing,
): { readonly state: SubscriptionState; readonly unresponsive: boolean } {
  let next = state;
  if (state.pending !== undefined && now >= state.pending.deadline) {
    const { request } = state.pending;
    next = {
      ...answerMissed(rollBack(state, request, now), request, now),
      pending: undefined,
      consecutiveTimeouts: state.consecutiveTimeouts + 1,
    };
  }
  const overdue = [...next.snapshots].filter(([, { sent, at }]) => sent && now >= at);
  if (overdue.length > 0) {
    const snapshots = new Map(next.snapshots);
    for (const [productId, { attempts }] of overdue)
      snapshots.set(productId, { attempts: attempts + 1, sent: false, at: now });
    const waitMs = Math.max(next.nextRepair.waitMs, timing.backoff.repairMs);
    next = { ...next, snapshots, nextRepair: { at: now, waitMs } };
  }
  return { state: next, unresponsive: next.consecutiveTimeouts >= MAX_CONSECUTIVE_TIMEOUTS };
}

/** For `ms` until now we did not listen: no answer is late because of that. */
export function extendDeadlines(
  state: SubscriptionState,
  ms: number,
  now: Instant,
  timing: Timing,
): SubscriptionState {
  const { pending, unanswered } = state;
  const answerBy = now + timing.timeouts.answerMs;
  const snapshots = [...state.snapshots].map(([id, need]): [string, PendingSnapshot] => {
    const latest = snapshotDueAt(answerBy, need.attempts, timing);
    return [id, need.sent ? { ...need, at: Math.min(need.at + ms, Math.max(need.at, latest)) } : need];
  });
  return {
    ...state,
    pending: pending && { ...pending, deadline: Math.min(pending.deadline + ms, answerBy) },
    unanswered: { ...unanswered, until: Math.min(unanswered.until + ms, answerBy) },
    snapshots: new Map(snapshots),
  };
}

/** Rolls back an optimistic request that was rejected or not answered. */
function rollBack(state: SubscriptionState, request: SubscriptionRequest, now: Instant): SubscriptionState {
  if (request.type === 'subscribe') return { ...state, requested: withoutRequest(state.requested, request) };
  const snapshots = new Map(state.snapshots);
  // Whether its stream was ended is unknown.
  if (request.channel === 'level2')
    for (const id of request.productIds)
      snapshots.set(id, { attempts: snapshots.get(id)?.attempts ?? 0, sent: false, at: now });
  return { ...state, requested: withRequest(state.requested, request), snapshots };
}

const openRequests = ({ unanswered }: SubscriptionState, now: Instant): number =>
  now >= unanswered.until ? 0 : unanswered.count;

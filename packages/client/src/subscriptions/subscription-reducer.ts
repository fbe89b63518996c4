// The transitions of a connection's subscriptions. Pure: it sends nothing and reads no clock. One request is under way
// at a time, because an error reply does not say what it answers.
import type { RequestChannel, Subscription } from '@feedtape/protocol';
import {
  adopt,
  awaitSnapshots,
  heardOf,
  isServed,
  postpone,
  reflects,
  snapshotDueAt,
  unheard,
  withAsk,
  withoutAsk,
  withoutTrials,
} from './acknowledged.ts';
import type { Instant } from '../model/clock.ts';
import { repairDue } from './next-request.ts';
import type { Patience } from '../model/timeouts.ts';
import { type Topics, twinOf } from './subscription-set.ts';
import {
  type Ask,
  type Dialogue,
  idsOf,
  memberKey,
  memberOf,
  membersOf,
  type SnapshotNeed,
  subscriptionsOf,
} from './subscription-state.ts';

/** Requests in a row that may go unanswered before the connection is called deaf. */
const DEAF_AFTER = 3;

/** A request was handed to the socket. */
export function asked(state: Dialogue, ask: Ask, now: Instant, patience: Patience): Dialogue {
  const deadline = now + patience.answerMs;
  const subscribes = ask.type === 'subscribe';
  const next: Dialogue = {
    ...state,
    asked: subscribes ? withAsk(state.asked, ask) : withoutAsk(state.asked, ask),
    everAsked: subscribes ? withAsk(state.everAsked, ask) : state.everAsked,
    pending: { ask, deadline },
    unanswered: { count: openAsks(state, now) + 1, until: deadline },
    ...(!subscribes && { later: withoutTrials(state.later, ask) }),
  };
  if (ask.channel !== 'level2') return next;
  const snapshots = new Map(next.snapshots);
  for (const productId of ask.productIds) {
    const need = snapshots.get(productId);
    // A product asked for again because it was left out may never have stopped: no snapshot need come for it, and if it
    // is to be repaired it still is.
    if (subscribes && need?.sent !== true && state.later.has(memberKey('level2', productId))) continue;
    if (!subscribes && ask.repair !== true) snapshots.delete(productId);
    else {
      const attempts = need?.attempts ?? 0;
      snapshots.set(productId, { attempts, sent: true, at: snapshotDueAt(deadline, attempts, patience) });
    }
  }
  return { ...next, snapshots };
}

export interface Acknowledgement {
  readonly state: Dialogue;
  /** Asked for on this connection and refused or left out. */
  readonly missing: readonly Subscription[];
  /** Asked name → the name it is served under. */
  readonly aliases: ReadonlyMap<string, string>;
}

/**
 * An acknowledgement came: the complete set of this connection, not what the last request changed. What was never asked
 * for is ignored: it is not ours to end, and may need a token that we do not have.
 */
export function acknowledged(
  state: Dialogue,
  listed: Topics,
  now: Instant,
  patience: Patience,
): Acknowledgement {
  const served = heardOf(listed, state.everAsked);
  // While other answers are on their way, this set may be older than what we asked for since.
  const others = reflects(served, state.pending?.ask) ? 0 : Math.max(0, openAsks(state, now) - 1);
  const aliases = new Map<string, string>();
  const later = new Map(
    [...state.later].filter(([key]) => {
      const [channel, member] = memberOf(key);
      return !isServed(served.get(channel), channel, member);
    }),
  );
  const known = new Map<RequestChannel, ReadonlySet<string>>();
  for (const [channel, products] of state.asked) {
    const has = served.get(channel);
    const here = membersOf(products).filter((member) => isServed(has, channel, member));
    const gone = membersOf(products).filter((member) => !here.includes(member));
    for (const member of here) {
      const twin = twinOf(member);
      if (twin !== undefined && !has?.has(member) && has?.has(twin)) aliases.set(member, twin);
    }
    for (const member of gone) {
      if (others === 0) postpone(later, memberKey(channel, member), now, patience);
    }
    const kept = others > 0 ? membersOf(products) : here;
    if (kept.length > 0) known.set(channel, new Set(idsOf(kept)));
  }
  const missing = subscriptionsOf(later.keys());
  const adopted = others === 0 ? adopt(known, served) : [];
  const snapshots = new Map(state.snapshots);
  for (const [channel, member] of adopted) {
    // Asked to end in vain: not again at once.
    later.set(memberKey(channel, member), { attempts: 0, at: now + patience.refusedMs });
    // Only a product that an acknowledgement had left out may still be right.
    const leftOut = state.later.has(memberKey(channel, member));
    if (channel === 'level2' && !leftOut && !snapshots.has(member))
      snapshots.set(member, { attempts: 0, sent: true, at: Infinity });
  }
  return {
    state: {
      ...state,
      asked: known,
      acked: served,
      pending: others > 0 ? state.pending : undefined,
      unanswered: { ...state.unanswered, count: others },
      ignored: 0,
      later,
      snapshots: awaitSnapshots(snapshots, known.get('level2'), now, patience),
    },
    missing,
    aliases,
  };
}

/** The user wants something else now. What was asked for stays until a request has ended it. */
export function wantedNow(state: Dialogue, wanted: Topics): Dialogue {
  const isWanted = (channel: RequestChannel, member: string): boolean =>
    member === '' ? wanted.has(channel) : wanted.get(channel)?.has(member) === true;
  const later = [...state.later].filter(([key]) => isWanted(...memberOf(key)));
  const books = state.asked.get('level2');
  const snapshots = [...state.snapshots].filter(([id]) => isWanted('level2', id) || books?.has(id) === true);
  return { ...state, later: new Map(later), snapshots: new Map(snapshots) };
}

/** An error reply came: it answers the request under way, if there is one. */
export function refused(
  state: Dialogue,
  now: Instant,
  retryAt: Instant | undefined,
  patience: Patience,
): Dialogue {
  const ask = state.pending?.ask;
  const unanswered = { ...state.unanswered, count: Math.max(0, openAsks(state, now) - 1) };
  if (ask === undefined) return { ...state, unanswered };
  const later = new Map(state.later);
  for (const member of ask.productIds.length === 0 ? [''] : ask.productIds) {
    const key = memberKey(ask.channel, member);
    if (retryAt === undefined) postpone(later, key, now, patience);
    else later.set(key, { attempts: later.get(key)?.attempts ?? 0, at: retryAt });
  }
  return { ...undone(state, ask, now), pending: undefined, unanswered, ignored: 0, later };
}

/** Frames are missing: the books are wrong, and the answer under way may be among the missing. */
export function lostTrack(state: Dialogue, now: Instant, patience: Patience): Dialogue {
  const { pending, repairPace: pace } = state;
  // A book is repaired anyway; anything else is asked for once more, which changes nothing where it was granted.
  const base =
    pending === undefined || pending.ask.channel === 'level2' ? state : undone(state, pending.ask, now);
  const books = booksOf(state);
  if (books.size === 0) return { ...base, pending: undefined };
  const { repairMs } = patience;
  const calm = now - pace.at >= 60 * repairMs;
  const scheduled = now < pace.at || repairDue(state, now) !== undefined;
  const repairPace = scheduled
    ? pace
    : {
        at: now + (calm ? 0 : pace.waitMs),
        waitMs: calm ? repairMs : Math.min(4 * repairMs, Math.max(repairMs, pace.waitMs * 2)),
      };
  const snapshots = new Map(base.snapshots);
  for (const id of books)
    snapshots.set(id, { attempts: snapshots.get(id)?.attempts ?? 0, sent: false, at: repairPace.at });
  return { ...base, pending: undefined, snapshots, repairPace };
}

/** The level2 products this connection may have: an acknowledgement that leaves one out may be wrong. */
function booksOf({ asked: topics, later }: Dialogue): Set<string> {
  const omitted = [...later.keys()].map(memberOf).filter(([channel]) => channel === 'level2');
  return new Set([...(topics.get('level2') ?? []), ...omitted.map(([, id]) => id)]);
}

/** Some more books need a new snapshot, named as on the wire; for some of them it is on its way already. */
export function repairAlso(state: Dialogue, productIds: readonly string[]): Dialogue {
  const books = booksOf(state);
  const snapshots = new Map(state.snapshots);
  for (const id of productIds.flatMap((name) => [name, twinOf(name) ?? name]))
    if (books.has(id) && !snapshots.has(id)) snapshots.set(id, { attempts: 0, sent: false, at: -Infinity });
  return { ...state, snapshots };
}

/** A level2 snapshot came: the product is right from here on. */
export function snapshotCame(state: Dialogue, productId: string): Dialogue {
  const names = [productId, twinOf(productId) ?? productId];
  if (!names.some((name) => state.snapshots.has(name))) return state;
  const snapshots = new Map(state.snapshots);
  for (const name of names) snapshots.delete(name);
  return { ...state, snapshots };
}

/** Time passed: what was not answered is asked again, a snapshot that did not come is asked for anew. */
export function expire(
  state: Dialogue,
  now: Instant,
  patience: Patience,
): { readonly state: Dialogue; readonly deaf: boolean } {
  let next = state;
  if (state.pending !== undefined && now >= state.pending.deadline) {
    const { ask } = state.pending;
    next = { ...unheard(undone(state, ask, now), ask, now), pending: undefined, ignored: state.ignored + 1 };
  }
  const overdue = [...next.snapshots].filter(([, { sent, at }]) => sent && now >= at);
  if (overdue.length > 0) {
    const snapshots = new Map(next.snapshots);
    for (const [productId, { attempts }] of overdue)
      snapshots.set(productId, { attempts: attempts + 1, sent: false, at: now });
    const waitMs = Math.max(next.repairPace.waitMs, patience.repairMs);
    next = { ...next, snapshots, repairPace: { at: now, waitMs } };
  }
  return { state: next, deaf: next.ignored >= DEAF_AFTER };
}

/** For `ms` until now we did not listen: no answer is late because of that. */
export function excuse(state: Dialogue, ms: number, now: Instant, patience: Patience): Dialogue {
  const { pending, unanswered } = state;
  const answerBy = now + patience.answerMs;
  const snapshots = [...state.snapshots].map(([id, need]): [string, SnapshotNeed] => {
    const latest = snapshotDueAt(answerBy, need.attempts, patience);
    return [id, need.sent ? { ...need, at: Math.min(need.at + ms, Math.max(need.at, latest)) } : need];
  });
  return {
    ...state,
    pending: pending && { ...pending, deadline: Math.min(pending.deadline + ms, answerBy) },
    unanswered: { ...unanswered, until: Math.min(unanswered.until + ms, answerBy) },
    snapshots: new Map(snapshots),
  };
}

/** Before the request, because it was refused or never answered. */
function undone(state: Dialogue, ask: Ask, now: Instant): Dialogue {
  if (ask.type === 'subscribe') return { ...state, asked: withoutAsk(state.asked, ask) };
  const snapshots = new Map(state.snapshots);
  // Whether its stream was ended nobody can tell.
  if (ask.channel === 'level2')
    for (const id of ask.productIds)
      snapshots.set(id, { attempts: snapshots.get(id)?.attempts ?? 0, sent: false, at: now });
  return { ...state, asked: withAsk(state.asked, ask), snapshots };
}

const openAsks = ({ unanswered }: Dialogue, now: Instant): number =>
  now >= unanswered.until ? 0 : unanswered.count;

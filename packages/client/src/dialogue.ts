// What one connection has asked for and what the exchange said to it. Pure: it sends nothing and reads no clock.
// One request is under way at a time, because an error reply does not say what it answers.
import { productsOf, type RequestChannel, type Subscription } from '@feedtape/protocol';
import type { Instant } from './clock.ts';
import type { Patience } from './patience.ts';
import { covers, type Topics, twinOf } from './topics.ts';
import { idsOf, memberKey, memberOf, membersOf, postpone, subscriptionsOf, type Trial } from './trial.ts';

/** One request without its token. */
export interface Ask {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly channel: RequestChannel;
  /** Empty for channels that take none. */
  readonly productIds: readonly string[];
}

export interface Dialogue {
  /** What the exchange should have for this connection, as far as we know. */
  readonly asked: Topics;
  readonly pending?: { readonly ask: Ask; readonly deadline: Instant } | undefined;
  /** Requests whose answer may still come, and until when. */
  readonly unanswered: { readonly count: number; readonly until: Instant };
  /** Requests in a row that nobody answered in time. */
  readonly ignored: number;
  /** The last acknowledgement. */
  readonly acked: Topics;
  /** What was refused or left out, by {@link memberKey}. */
  readonly later: ReadonlyMap<string, Trial>;
  /** level2 products to unsubscribe and subscribe again, because only that brings a new snapshot. */
  readonly repair: ReadonlySet<string>;
  readonly repairPace: { readonly at: Instant; readonly waitMs: number };
  /** level2 products whose snapshot has not come, and when to worry. */
  readonly awaited: ReadonlyMap<string, Trial>;
}

export const silentDialogue: Dialogue = {
  asked: new Map(),
  unanswered: { count: 0, until: -Infinity },
  ignored: 0,
  acked: new Map(),
  later: new Map(),
  repair: new Set(),
  repairPace: { at: -Infinity, waitMs: 0 },
  awaited: new Map(),
};

/** A snapshot that does not come is asked for after 5, 10, 20 seconds and so on, in the end every 5 minutes. */
const MOST_DOUBLINGS = 6;

/** Requests in a row that may go unanswered before the connection is called deaf. */
const DEAF_AFTER = 3;

/** A request was handed to the socket. */
export function asked(state: Dialogue, ask: Ask, now: Instant, patience: Patience): Dialogue {
  const deadline = now + patience.answerMs;
  const next: Dialogue = {
    ...state,
    asked: ask.type === 'subscribe' ? withAsk(state.asked, ask) : withoutAsk(state.asked, ask),
    pending: { ask, deadline },
    unanswered: { count: openAsks(state, now) + 1, until: deadline },
  };
  if (ask.channel !== 'level2') return next;
  const awaited = new Map(next.awaited);
  const repair = new Set(next.repair);
  for (const productId of ask.productIds) {
    // A product asked for again because it was left out may never have stopped: no snapshot need come, and if it is
    // broken it stays so.
    if (ask.type === 'subscribe' && state.later.has(memberKey('level2', productId))) continue;
    repair.delete(productId);
    if (ask.type === 'subscribe')
      awaited.set(productId, { attempts: awaited.get(productId)?.attempts ?? 0, at: Infinity });
  }
  return { ...next, awaited, repair };
}

export interface Acknowledgement {
  readonly state: Dialogue;
  /** Asked for on this connection and refused or left out. */
  readonly missing: readonly Subscription[];
  /** Asked name → the name it is served under. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** An acknowledgement came: the complete set of this connection, not what the last request changed. */
export function acknowledged(
  state: Dialogue,
  served: Topics,
  now: Instant,
  patience: Patience,
): Acknowledgement {
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
  if (others === 0) adopt(known, served);
  return {
    state: {
      ...state,
      asked: known,
      acked: served,
      pending: others > 0 ? state.pending : undefined,
      unanswered: { ...state.unanswered, count: others },
      ignored: 0,
      later,
      awaited: awaitSnapshots(state.awaited, known.get('level2'), now, patience),
    },
    missing: subscriptionsOf(later.keys()),
    aliases,
  };
}

/** The user wants something else now: what is not wanted any more is neither missing nor awaited. */
export function wantedNow(state: Dialogue, wanted: Topics): Dialogue {
  const isWanted = (channel: RequestChannel, member: string): boolean =>
    member === '' ? wanted.has(channel) : wanted.get(channel)?.has(member) === true;
  const later = [...state.later].filter(([key]) => isWanted(...memberOf(key)));
  const awaited = [...state.awaited].filter(([id]) => isWanted('level2', id));
  return { ...state, later: new Map(later), awaited: new Map(awaited) };
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
  return { ...undone(state, ask), pending: undefined, unanswered, ignored: 0, later };
}

/** Frames are missing: the books are wrong, and the answer under way may be among the missing. */
export function lostTrack(state: Dialogue, now: Instant, patience: Patience): Dialogue {
  const books = booksOf(state);
  if (books.size === 0) return { ...state, pending: undefined };
  const { at, waitMs } = state.repairPace;
  const { repairMs } = patience;
  const calm = now - at >= 60 * repairMs;
  const repairPace =
    state.repair.size > 0 || now < at
      ? state.repairPace
      : {
          at: now + (calm ? 0 : waitMs),
          waitMs: calm ? repairMs : Math.min(4 * repairMs, Math.max(repairMs, waitMs * 2)),
        };
  return { ...state, pending: undefined, repair: books, repairPace };
}

/** The level2 products this connection may have: an acknowledgement that leaves one out may be wrong. */
function booksOf({ asked: topics, later }: Dialogue): Set<string> {
  const omitted = [...later.keys()].map(memberOf).filter(([channel]) => channel === 'level2');
  return new Set([...(topics.get('level2') ?? []), ...omitted.map(([, id]) => id)]);
}

/** Some more books need a new snapshot, named as on the wire; for some of them it is on its way already. */
export function repairAlso(state: Dialogue, productIds: readonly string[]): Dialogue {
  const books = booksOf(state);
  const names = productIds
    .flatMap((id) => [id, twinOf(id) ?? id])
    .filter((id) => books.has(id) && !state.awaited.has(id));
  return { ...state, repair: new Set([...state.repair, ...names]) };
}

/** A level2 snapshot came: the product is right from here on. */
export function snapshotCame(state: Dialogue, productId: string): Dialogue {
  const names = [productId, twinOf(productId) ?? productId];
  if (!names.some((name) => state.repair.has(name) || state.awaited.has(name))) return state;
  const repair = new Set(state.repair);
  const awaited = new Map(state.awaited);
  for (const name of names) {
    repair.delete(name);
    awaited.delete(name);
  }
  return { ...state, repair, awaited };
}

/** Time passed: what was not answered is asked again, a snapshot that did not come is asked for anew. */
export function expire(
  state: Dialogue,
  now: Instant,
  patience: Patience,
): { readonly state: Dialogue; readonly deaf: boolean } {
  let next = state;
  if (state.pending !== undefined && now >= state.pending.deadline) {
    next = { ...undone(state, state.pending.ask), pending: undefined, ignored: state.ignored + 1 };
  }
  const overdue = [...next.awaited].filter(([, { at }]) => now >= at);
  if (overdue.length > 0) {
    const repair = new Set(next.repair);
    const awaited = new Map(next.awaited);
    for (const [productId, { attempts }] of overdue) {
      awaited.delete(productId);
      repair.add(productId);
      awaited.set(productId, { attempts: attempts + 1, at: Infinity });
    }
    const waitMs = Math.max(next.repairPace.waitMs, patience.repairMs);
    next = { ...next, repair, awaited, repairPace: { at: now, waitMs } };
  }
  return { state: next, deaf: next.ignored >= DEAF_AFTER };
}

/** Before the request, because it was refused or never answered. */
function undone(state: Dialogue, ask: Ask): Dialogue {
  if (ask.type === 'subscribe') return { ...state, asked: withoutAsk(state.asked, ask) };
  const repair = ask.channel === 'level2' ? new Set([...state.repair, ...ask.productIds]) : state.repair;
  return { ...state, asked: withAsk(state.asked, ask), repair };
}

const openAsks = ({ unanswered }: Dialogue, now: Instant): number =>
  now >= unanswered.until ? 0 : unanswered.count;

function isServed(has: ReadonlySet<string> | undefined, channel: RequestChannel, member: string): boolean {
  return productsOf(channel) === 'required' ? covers(has, member) : has !== undefined;
}

/** Whether a set shows the effect of a request. */
function reflects(served: Topics, ask: Ask | undefined): boolean {
  if (ask === undefined) return false;
  const has = served.get(ask.channel);
  const members = ask.productIds.length === 0 ? [''] : ask.productIds;
  return members.every((member) => isServed(has, ask.channel, member) === (ask.type === 'subscribe'));
}

function withAsk(topics: Topics, { channel, productIds }: Ask): Topics {
  return new Map(topics).set(channel, new Set([...(topics.get(channel) ?? []), ...productIds]));
}

function withoutAsk(topics: Topics, { channel, productIds }: Ask): Topics {
  const next = new Map(topics);
  const left = new Set(topics.get(channel));
  for (const id of productIds) left.delete(id);
  if (left.size === 0) next.delete(channel);
  else next.set(channel, left);
  return next;
}

/** Streams that the exchange serves though we do not know of them, such as those of a request given up. */
function adopt(known: Map<RequestChannel, ReadonlySet<string>>, served: Topics): void {
  for (const [channel, products] of served) {
    const ours = known.get(channel) ?? new Set<string>();
    const foreign = [...products].filter((id) => !ours.has(id) && !ours.has(twinOf(id) ?? id));
    const whole = productsOf(channel) !== 'required' && !known.has(channel);
    if (foreign.length > 0 || whole) known.set(channel, new Set([...ours, ...foreign]));
  }
}

function awaitSnapshots(
  awaited: ReadonlyMap<string, Trial>,
  books: ReadonlySet<string> | undefined,
  now: Instant,
  { snapshotMs }: Patience,
): ReadonlyMap<string, Trial> {
  return new Map(
    [...awaited].map(([productId, { attempts, at }]) => {
      const due = books?.has(productId)
        ? Math.min(at, now + snapshotMs * 2 ** Math.min(attempts, MOST_DOUBLINGS))
        : Infinity;
      return [productId, { attempts, at: due }];
    }),
  );
}

// From what a connection has to what it should have: the next request. Pure, like the dialogue it reads.
import { isPrivateChannel, productsOf, type RequestChannel } from '@feedtape/protocol';
import type { Instant } from '../model/clock.ts';
import { inOrder, type Topics, twinOf } from './subscription-set.ts';
import { type Ask, type Dialogue, idsOf, memberKey, membersOf } from './subscription-state.ts';

/**
 * What to ask next, or nothing: something is under way, all is as wanted, or it is not time yet. Private channels
 * are not asked for before `signedAt`.
 */
export function nextAsk(
  state: Dialogue,
  wanted: Topics,
  now: Instant,
  signedAt: Instant = -Infinity,
): Ask | undefined {
  if (state.pending !== undefined) return undefined;
  // Ending streams comes first: it frees places within the exchange's limit.
  return unwanted(state, wanted, now) ?? repairDue(state, now) ?? lacking(state, wanted, now, signedAt);
}

/** When {@link nextAsk} or `expire` may have something new to say though nothing happened. */
export function dialogueDeadline(state: Dialogue, now: Instant): Instant {
  const trials = [...state.later.values(), ...state.snapshots.values()].map(({ at }) => at);
  trials.push(state.repairPace.at);
  const soonest = Math.min(Infinity, ...trials.filter((at) => at > now));
  return Math.min(soonest, state.pending?.deadline ?? Infinity);
}

const isLater = (state: Dialogue, channel: RequestChannel, member: string, now: Instant): boolean =>
  now < (state.later.get(memberKey(channel, member))?.at ?? -Infinity);

function unwanted(state: Dialogue, wanted: Topics, now: Instant): Ask | undefined {
  for (const [channel, products] of state.asked) {
    const keep = wanted.get(channel);
    const extra =
      keep === undefined
        ? membersOf(products)
        : productsOf(channel) === 'required'
          ? [...products].filter((id) => !keep.has(id) && !sharesStream(state, channel, id, keep))
          : [];
    const due = extra.filter((member) => !isLater(state, channel, member, now));
    if (due.length > 0) return { type: 'unsubscribe', channel, productIds: idsOf(due) };
  }
  return undefined;
}

/** `BTC-USDC` and `BTC-USD` may be one stream: ending the one would end the other. */
function sharesStream(
  { acked }: Dialogue,
  channel: RequestChannel,
  productId: string,
  keep: ReadonlySet<string>,
): boolean {
  const twin = twinOf(productId);
  if (twin === undefined || !keep.has(twin)) return false;
  const served = acked.get(channel);
  return !(served?.has(productId) && served.has(twin));
}

/** The end of the streams whose books are broken: what is wanted and not asked for is asked for next. */
export function repairDue(state: Dialogue, now: Instant): Ask | undefined {
  if (now < state.repairPace.at) return undefined;
  const books = state.asked.get('level2');
  const productIds = [...state.snapshots]
    .filter(
      ([id, { sent, at }]) => !sent && at <= now && books?.has(id) && !isLater(state, 'level2', id, now),
    )
    .map(([id]) => id);
  return productIds.length > 0
    ? { type: 'unsubscribe', channel: 'level2', productIds, repair: true }
    : undefined;
}

function lacking(state: Dialogue, wanted: Topics, now: Instant, signedAt: Instant): Ask | undefined {
  for (const channel of inOrder(wanted.keys())) {
    if (now < signedAt && isPrivateChannel(channel)) continue;
    const have = state.asked.get(channel);
    const members = membersOf(wanted.get(channel) ?? new Set()).filter(
      (member) =>
        !(member === '' ? have !== undefined : have?.has(member)) && !isLater(state, channel, member, now),
    );
    if (members.length > 0) return { type: 'subscribe', channel, productIds: idsOf(members) };
  }
  return undefined;
}

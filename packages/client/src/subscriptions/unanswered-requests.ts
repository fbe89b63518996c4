// What was asked for in vain, and when to try again. Pure.
import type { RequestChannel, Subscription } from '@feedtape/protocol';
import type { Instant } from '../model/clock.ts';
import type { Patience } from '../model/timeouts.ts';

/** How often something was tried, and when to try it again. */
export interface Trial {
  readonly attempts: number;
  readonly at: Instant;
}

/** What was asked for in vain is asked for again, more and more seldom, but at least so often. */
const SELDOMEST = 720;
export const memberKey = (channel: RequestChannel, member: string): string => `${channel} ${member}`;
/** What a channel's set consists of; `''` stands for a channel without products. */
export const membersOf = (products: ReadonlySet<string>): readonly string[] =>
  products.size === 0 ? [''] : [...products];
/** The product ids among members. */
export const idsOf = (members: readonly string[]): readonly string[] =>
  members.filter((member) => member !== '');

/** Channel and member of a {@link memberKey}. */
export function memberOf(key: string): readonly [RequestChannel, string] {
  const [channel = '', member = ''] = key.split(' ');
  return [channel as RequestChannel, member];
}

/** Members by channel, as subscriptions. */
export function subscriptionsOf(keys: Iterable<string>): readonly Subscription[] {
  const members = new Map<RequestChannel, string[]>();
  for (const key of keys) {
    const [channel, member] = memberOf(key);
    members.set(channel, [...(members.get(channel) ?? []), member]);
  }
  return [...members].map(([channel, names]) => ({ channel, productIds: idsOf(names) }));
}

/**
 * Ask again after 5, 10, 20 s and so on, in the end every hour: what is delisted today may come back. Doubling, so that
 * what was refused for a while is asked for again after as long a while at most.
 */
export function postpone(
  later: Map<string, Trial>,
  key: string,
  now: Instant,
  { refusedMs }: Patience,
): void {
  const known = later.get(key);
  // Told again before it was asked for again: one refusal, not two.
  if (known !== undefined && now < known.at) return;
  const attempts = (known?.attempts ?? 0) + 1;
  later.set(key, { attempts, at: now + refusedMs * Math.min(SELDOMEST, 2 ** (attempts - 1)) });
}

/** Without the trials of what a request is about. */
export function withoutTrials(
  later: ReadonlyMap<string, Trial>,
  { channel, productIds }: { readonly channel: RequestChannel; readonly productIds: readonly string[] },
): ReadonlyMap<string, Trial> {
  const left = new Map(later);
  for (const member of productIds.length === 0 ? [''] : productIds) left.delete(memberKey(channel, member));
  return left;
}

// Assigns subscriptions to shards. Pure and sticky: assigned products stay while others come and go, so that a change
// of one product never disturbs another.
import { isPrivateChannel, productsOf, type RequestChannel } from '@feedtape/protocol';
import type { SubscriptionSet } from './subscription-set.ts';

export interface AssignmentLimits {
  readonly level2ProductsPerConnection: number;
  readonly otherProductsPerConnection: number;
}

/** One shard's subscriptions. A shard keeps its number as long as it has any. */
export interface ShardAssignment {
  readonly endpoint: 'market' | 'user';
  readonly subscriptions: SubscriptionSet;
}

/** Assignments by shard number; a hole is a shard without subscriptions. */
export type ShardAssignments = readonly (ShardAssignment | undefined)[];

/**
 * Fits the desired subscriptions into the shards there are, and adds shards when the limits need them. A product keeps
 * its shard; all channels of a product share one as long as they fit. Every shard has `heartbeats`.
 */
export function reassign(
  assignments: ShardAssignments,
  desired: SubscriptionSet,
  limits: AssignmentLimits,
): ShardAssignments {
  const drafts = assignments.map((assignment) =>
    assignment === undefined ? undefined : retained(assignment, desired, limits),
  );
  for (const [channel, products] of desired) {
    if (channel === 'heartbeats') continue;
    if (isPrivateChannel(channel)) {
      const assignment = findOrAdd(drafts, (candidate) => candidate.endpoint === 'user', 'user');
      assignment.subscriptions.set(channel, new Set(products));
    } else if (productsOf(channel) === 'required') {
      const carried = new Set(
        drafts.flatMap((assignment) => [...(assignment?.subscriptions.get(channel) ?? [])]),
      );
      for (const productId of products) {
        if (!carried.has(productId)) addProduct(drafts, channel, productId, limits);
      }
    }
  }
  if (
    desired.has('heartbeats') &&
    drafts.every((assignment) => assignment === undefined || assignment.subscriptions.size === 0)
  )
    findOrAdd(drafts, () => true, 'market').subscriptions.set('heartbeats', new Set());
  return drafts.map((assignment) => {
    if (assignment === undefined || assignment.subscriptions.size === 0) return undefined;
    assignment.subscriptions.set('heartbeats', new Set());
    return assignment;
  });
}

interface Draft {
  readonly endpoint: ShardAssignment['endpoint'];
  readonly subscriptions: Map<RequestChannel, Set<string>>;
}

const capacityOf = (channel: RequestChannel, limits: AssignmentLimits): number =>
  channel === 'level2' ? limits.level2ProductsPerConnection : limits.otherProductsPerConnection;

function retained(assignment: ShardAssignment, desired: SubscriptionSet, limits: AssignmentLimits): Draft {
  const subscriptions = new Map<RequestChannel, Set<string>>();
  for (const [channel, products] of assignment.subscriptions) {
    if (channel === 'heartbeats' || isPrivateChannel(channel)) continue;
    const still = [...products].filter((id) => desired.get(channel)?.has(id));
    // A limit that turned out to be lower moves the products above it elsewhere.
    if (still.length > 0) subscriptions.set(channel, new Set(still.slice(0, capacityOf(channel, limits))));
  }
  return { endpoint: assignment.endpoint, subscriptions };
}

function addProduct(
  drafts: (Draft | undefined)[],
  channel: RequestChannel,
  productId: string,
  limits: AssignmentLimits,
): void {
  const room = (draft: Draft): boolean =>
    draft.endpoint === 'market' &&
    (draft.subscriptions.get(channel)?.size ?? 0) < capacityOf(channel, limits);
  const knows = (draft: Draft): boolean =>
    [...draft.subscriptions.values()].some((ids) => ids.has(productId));
  const together = drafts.find((draft) => draft !== undefined && room(draft) && knows(draft));
  const { subscriptions } = together ?? findOrAdd(drafts, room, 'market');
  subscriptions.set(channel, (subscriptions.get(channel) ?? new Set()).add(productId));
}

/** Returns the first shard that fits, or a new one in the first hole. */
function findOrAdd(
  drafts: (Draft | undefined)[],
  fits: (draft: Draft) => boolean,
  endpoint: ShardAssignment['endpoint'],
): Draft {
  const found = drafts.find((draft) => draft !== undefined && fits(draft));
  if (found !== undefined) return found;
  const draft: Draft = { endpoint, subscriptions: new Map() };
  const hole = drafts.indexOf(undefined);
  if (hole === -1) drafts.push(draft);
  else drafts[hole] = draft;
  return draft;
}

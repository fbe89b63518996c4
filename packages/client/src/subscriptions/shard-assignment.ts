// Which connection carries what. Pure and sticky: what is already on a connection stays there while others come
// and go, so that a change of one product never disturbs another.
import { isPrivateChannel, productsOf, type RequestChannel } from '@feedtape/protocol';
import type { Topics } from './subscription-set.ts';

export interface PlanLimits {
  readonly level2ProductsPerConnection: number;
  readonly otherProductsPerConnection: number;
}

/** One connection's share. Places keep their number for as long as they carry anything. */
export interface Place {
  readonly endpoint: 'market' | 'user';
  readonly topics: Topics;
}

/** Places by number; a hole is a place that carries nothing. */
export type Plan = readonly (Place | undefined)[];

/**
 * Fits what is wanted into the places there are, and adds places when the limits need them. A product keeps its
 * place; all channels of a product share one as long as they fit. Every place carries `heartbeats`.
 */
export function replan(plan: Plan, wanted: Topics, limits: PlanLimits): Plan {
  const places = plan.map((place) => (place === undefined ? undefined : kept(place, wanted, limits)));
  for (const [channel, products] of wanted) {
    if (channel === 'heartbeats') continue;
    if (isPrivateChannel(channel)) {
      const place = at(places, (candidate) => candidate.endpoint === 'user', 'user');
      place.topics.set(channel, new Set(products));
    } else if (productsOf(channel) === 'required') {
      const carried = new Set(places.flatMap((place) => [...(place?.topics.get(channel) ?? [])]));
      for (const productId of products) {
        if (!carried.has(productId)) put(places, channel, productId, limits);
      }
    }
  }
  if (wanted.has('heartbeats') && places.every((place) => place === undefined || place.topics.size === 0))
    at(places, () => true, 'market').topics.set('heartbeats', new Set());
  return places.map((place) => {
    if (place === undefined || place.topics.size === 0) return undefined;
    place.topics.set('heartbeats', new Set());
    return place;
  });
}

interface Draft {
  readonly endpoint: Place['endpoint'];
  readonly topics: Map<RequestChannel, Set<string>>;
}

const capacityOf = (channel: RequestChannel, limits: PlanLimits): number =>
  channel === 'level2' ? limits.level2ProductsPerConnection : limits.otherProductsPerConnection;

function kept(place: Place, wanted: Topics, limits: PlanLimits): Draft {
  const topics = new Map<RequestChannel, Set<string>>();
  for (const [channel, products] of place.topics) {
    if (channel === 'heartbeats' || isPrivateChannel(channel)) continue;
    const still = [...products].filter((id) => wanted.get(channel)?.has(id));
    // A limit that turned out to be lower moves the products above it elsewhere.
    if (still.length > 0) topics.set(channel, new Set(still.slice(0, capacityOf(channel, limits))));
  }
  return { endpoint: place.endpoint, topics };
}

function put(
  places: (Draft | undefined)[],
  channel: RequestChannel,
  productId: string,
  limits: PlanLimits,
): void {
  const room = (draft: Draft): boolean =>
    draft.endpoint === 'market' && (draft.topics.get(channel)?.size ?? 0) < capacityOf(channel, limits);
  const knows = (draft: Draft): boolean => [...draft.topics.values()].some((ids) => ids.has(productId));
  const together = places.find((draft) => draft !== undefined && room(draft) && knows(draft));
  const { topics } = together ?? at(places, room, 'market');
  topics.set(channel, (topics.get(channel) ?? new Set()).add(productId));
}

/** The first place that fits, or a new one in the first hole. */
function at(
  places: (Draft | undefined)[],
  fits: (draft: Draft) => boolean,
  endpoint: Place['endpoint'],
): Draft {
  const found = places.find((draft) => draft !== undefined && fits(draft));
  if (found !== undefined) return found;
  const draft: Draft = { endpoint, topics: new Map() };
  const hole = places.indexOf(undefined);
  if (hole === -1) places.push(draft);
  else places[hole] = draft;
  return draft;
}

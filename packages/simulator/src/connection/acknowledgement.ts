import { type Publication, tailOf } from '../market/publication.ts';
import type { RequestChannel } from '../market/channels.ts';

/**
 * What a `subscriptions` frame says: everything the connection has, channels in alphabetical order. `ids` are what
 * private channels show instead of products.
 */
export function acknowledgement(
  at: number,
  channels: ReadonlyMap<RequestChannel, ReadonlySet<string>>,
  ids: ReadonlyMap<RequestChannel, string>,
): Publication {
  const listed = (name: RequestChannel): readonly string[] => {
    if (name === 'heartbeats') return ['heartbeats'];
    const id = ids.get(name);
    return id === undefined ? [...(channels.get(name) ?? [])] : [id];
  };
  const names = [...channels.keys()].toSorted();
  const fields = names.map((name) => `"${name}":${JSON.stringify(listed(name))}`);
  return {
    at,
    channel: 'subscriptions',
    product: '',
    tail: tailOf(`{"subscriptions":{${fields.join(',')}}}`),
  };
}

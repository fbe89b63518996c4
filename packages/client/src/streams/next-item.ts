import { ClientError } from '../model/client-error.ts';
import type { Feed } from '../model/feed.ts';
import type { FeedItem } from '../model/item.ts';

type ItemOf<Kind extends FeedItem['kind']> = Extract<FeedItem, { readonly kind: Kind }>;

/**
 * Reads a feed up to the next item of a kind, or the next one that a function accepts, and returns it. Items before it
 * are skipped. The feed stays open.
 *
 * @throws ClientError `CLIENT_CLOSED` when the feed ends first, and whatever the feed ended with
 *
 * @example
 * ```ts
 * const { url } = await nextItem(feed, 'connected');
 * ```
 */
export function nextItem<Kind extends FeedItem['kind']>(feed: Feed, kind: Kind): Promise<ItemOf<Kind>>;
export function nextItem<Item extends FeedItem>(
  feed: Feed,
  accepts: (item: FeedItem) => item is Item,
): Promise<Item>;
export function nextItem(feed: Feed, accepts: (item: FeedItem) => boolean): Promise<FeedItem>;
export async function nextItem(
  feed: Feed,
  wanted: FeedItem['kind'] | ((item: FeedItem) => boolean),
): Promise<FeedItem> {
  const items = feed[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await items.next();
    if (done === true) throw new ClientError('CLIENT_CLOSED', { what: 'the item that was waited for' });
    if (typeof wanted === 'string' ? value.kind === wanted : wanted(value)) return value;
  }
}

import { ClientError } from '../model/client-error.ts';
import type { Feed } from '../model/feed.ts';
import type { FeedItem } from '../model/item.ts';

/**
 * Reads a feed until an item fits, and gives that one. What comes before is read and gone; the feed stays open and
 * can be read on.
 *
 * @throws ClientError `CLIENT_CLOSED` when the feed ends before, and whatever the feed ended with
 */
export async function until<Item extends FeedItem>(
  feed: Feed,
  fits: ((item: FeedItem) => item is Item) | ((item: FeedItem) => boolean),
): Promise<Item> {
  const items = feed[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await items.next();
    if (done === true) throw new ClientError('CLIENT_CLOSED', { what: 'the item that was waited for' });
    if (fits(value)) return value as Item;
  }
}

/** The next item of a kind. See {@link until}. */
export async function once<Kind extends FeedItem['kind']>(
  feed: Feed,
  kind: Kind,
): Promise<Extract<FeedItem, { readonly kind: Kind }>> {
  return until(feed, (item): item is Extract<FeedItem, { readonly kind: Kind }> => item.kind === kind);
}

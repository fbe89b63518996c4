import { CHANNELS, type Message, type RequestChannel, responseChannelOf } from '@feedtape/protocol';
import { oneOf } from '../model/check-options.ts';
import type { Instant } from '../model/clock.ts';
import { mapFeed } from './mapped.ts';
import type { Feed } from '../model/feed.ts';
import type { FeedItem, FrameItem, GapItem } from '../model/item.ts';

const aChannel = oneOf(...CHANNELS);

/** The name a channel's frames carry. */
type ResponseOf<Channel extends RequestChannel> = Channel extends 'level2' ? 'l2_data' : Channel;

/** The messages of a channel, by its name in requests. */
export type MessageOf<Channel extends RequestChannel> = Extract<
  Message,
  { readonly channel: ResponseOf<Channel> }
>;

/** One typed message; or a gap, because then some are missing; or a frame of the channel that no type fits. */
export type ChannelItem<Channel extends RequestChannel> =
  | {
      readonly kind: 'message';
      readonly connection: number;
      readonly at: Instant;
      readonly message: MessageOf<Channel>;
    }
  | GapItem
  | { readonly kind: 'unreadable'; readonly frame: FrameItem };

/**
 * One channel of a feed, typed. Frames that were received before are left out; late ones are not. With
 * `redundancy: 2` both lines' messages and gaps come, told apart by `connection`: only trades have an id by which
 * the same one can be known, so only `trades` merges.
 *
 * @throws ClientError `CLIENT_OPTION_INVALID` for a name that no request knows
 */
export function messages<Channel extends RequestChannel>(
  feed: Feed,
  channel: Channel,
): AsyncIterable<ChannelItem<Channel>> {
  aChannel('channel', channel);
  const wanted: string = responseChannelOf(channel);
  return mapFeed(feed, (item) => channelItems(item, wanted) as readonly ChannelItem<Channel>[]);
}

function channelItems(item: FeedItem, wanted: string): readonly ChannelItem<RequestChannel>[] {
  if (item.kind === 'gap') return [item];
  if (item.kind !== 'frame' || isRepeated(item)) return [];
  if (item.channel !== undefined && item.channel !== wanted) return [];
  const { decoded, connection, at } = item;
  if (decoded.kind === 'message' && decoded.channel === wanted)
    return [{ kind: 'message', connection, at, message: decoded.message as never }];
  if (decoded.kind !== 'invalid' && decoded.kind !== 'malformed') return [];
  // Of a malformed frame without a legible channel nobody knows whether it was one of these.
  const concerned =
    decoded.channel === wanted || (decoded.kind === 'malformed' && decoded.channel === undefined);
  return concerned ? [{ kind: 'unreadable', frame: item }] : [];
}

/** Whether a frame was received before, as far as its number tells. */
const isRepeated = ({ verdict }: FrameItem): boolean =>
  verdict?.kind === 'duplicate' || verdict?.kind === 'stale';

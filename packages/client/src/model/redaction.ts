import { isPrivateChannel, isProductId, isRequestChannel, type Request } from '@feedtape/protocol';
import { REDACTED, type SentSecrets } from './sent-secrets.ts';

/** A request as it may be shown. */
export const withoutToken = (request: Request): Request =>
  request.jwt === undefined ? request : { ...request, jwt: REDACTED };

/** An acknowledgement as it may be shown: the account's own ids, which stand for private channels, are personal. */
export function withoutAccount(
  subscriptions: Readonly<Record<string, readonly string[]>>,
  secrets: SentSecrets,
): Readonly<Record<string, readonly string[]>> {
  let looks = MAX_ODD_NAMES;
  const shown = (name: string): string => {
    if (isProductId(name) || isRequestChannel(name)) return name;
    looks -= 1;
    return looks < 0 ? REDACTED : secrets.hide(name);
  };
  return Object.fromEntries(
    Object.entries(subscriptions).map(([name, ids]) => [
      shown(name),
      ids.map(isPrivateChannel(name) ? () => REDACTED : shown),
    ]),
  );
}

/** Names that are neither a channel's nor a product's: of a hostile server's million, the first are looked at. */
const MAX_ODD_NAMES = 1_000;

/** What frames call the channels that requests call otherwise. */
const FRAME_CHANNELS: ReadonlySet<string> = new Set(['l2_data', 'subscriptions']);

export const isKnownChannel = (channel: string): boolean =>
  FRAME_CHANNELS.has(channel) || isRequestChannel(channel);

/** The channel that a frame names, as it may be shown. */
export const redactedChannel = (channel: string, secrets: SentSecrets): string =>
  isKnownChannel(channel) ? channel : secrets.hide(channel);

/** What an acknowledgement lists for private channels are the account's own ids. */
export function rememberAccount(
  subscriptions: Readonly<Record<string, readonly string[]>>,
  secrets: SentSecrets,
): void {
  for (const [name, ids] of Object.entries(subscriptions))
    if (isPrivateChannel(name)) for (const id of ids) secrets.rememberAccountId(id);
}

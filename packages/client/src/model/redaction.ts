import { isPrivateChannel, isProductId, isRequestChannel, type Request } from '@feedtape/protocol';
import type { Ending } from '../shard/retry-policy.ts';
import { plainText } from './log.ts';
import { REDACTED, type SentSecrets } from './sent-secrets.ts';

/** A request as it may be shown. */
export const withoutToken = (request: Request): Request =>
  request.jwt === undefined ? request : { ...request, jwt: REDACTED };

/** An acknowledgement as it may be shown: the account's own ids, which stand for private channels, are personal. */
export function withoutAccount(
  subscriptions: Readonly<Record<string, readonly string[]>>,
  secrets: SentSecrets,
): Readonly<Record<string, readonly string[]>> {
  let looks = MOST_ODD_NAMES;
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
const MOST_ODD_NAMES = 1_000;

/** What frames call the channels that requests call otherwise. */
const FRAME_CHANNELS: ReadonlySet<string> = new Set(['l2_data', 'subscriptions']);

export const isKnownChannel = (channel: string): boolean =>
  FRAME_CHANNELS.has(channel) || isRequestChannel(channel);

/** The channel that a frame names, as it may be shown. */
export const shownChannel = (channel: string, secrets: SentSecrets): string =>
  isKnownChannel(channel) ? channel : secrets.hide(channel);

/** What an acknowledgement lists for private channels are the account's own ids. */
export function rememberAccount(
  subscriptions: Readonly<Record<string, readonly string[]>>,
  secrets: SentSecrets,
): void {
  for (const [name, ids] of Object.entries(subscriptions))
    if (isPrivateChannel(name)) for (const id of ids) secrets.rememberAccountId(id);
}

/** How a connection ended, as it may be shown. */
export function shownEnding(
  { reason, code, failure }: Pick<Ending, 'reason' | 'code' | 'failure'>,
  secrets: SentSecrets,
): { readonly reason: string; readonly code: number; readonly errorCode?: string } {
  const errorCode = failure && secrets.hide(failure.code);
  return { reason: plainText(secrets.hide(reason)), code, ...(errorCode !== undefined && { errorCode }) };
}

/** An error as the cause of ours: what `ws` and Node add to theirs holds what the server sent. */
export function shownCause(cause: unknown, secrets: SentSecrets): Error | undefined {
  return cause instanceof Error ? new Error(secrets.hide(cause.message)) : undefined;
}

import { isPrivateChannel, type Request } from '@feedtape/protocol';

const REDACTED = '[redacted]';

/** A request as it may be shown. */
export const withoutToken = (request: Request): Request =>
  request.jwt === undefined ? request : { ...request, jwt: REDACTED };

/** An acknowledgement as it may be shown: the account's own ids, which stand for private channels, are personal. */
export function withoutAccount(
  subscriptions: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(subscriptions).map(([name, ids]) => [
      name,
      isPrivateChannel(name) ? ids.map(() => REDACTED) : ids,
    ]),
  );
}

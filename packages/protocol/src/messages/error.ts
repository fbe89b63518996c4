import * as z from 'zod';
import { openField, schemaFor, type Open } from './field-schemas.ts';

/**
 * A refused request. The only frame without a channel, a time and a sequence number, and it does not say which
 * request it answers. Should one come with a number, the exchange has counted it, so it counts.
 */
export interface ErrorMessage {
  readonly type: 'error';
  /**
   * "authentication failure" also answers an unknown channel name and a bad token on a public channel;
   * "too many L2 streams requested in a single session" refuses the 31st level2 product of a connection;
   * "subscribe or unsubscribe required" answers a request that is neither.
   */
  readonly message: Open<
    | 'authentication failure'
    | 'too many L2 streams requested in a single session'
    | 'rate limit exceeded'
    | 'subscribe or unsubscribe required'
  >;
  /** Not seen on this feed; the older Exchange feed sends it. */
  readonly reason?: string;
}

/** See {@link ErrorMessage}. */
export const errorSchema: z.ZodType<ErrorMessage> = schemaFor<ErrorMessage>()(
  z.looseObject({
    type: z.literal('error'),
    message: openField(
      'authentication failure',
      'too many L2 streams requested in a single session',
      'rate limit exceeded',
      'subscribe or unsubscribe required',
    ),
    reason: z.exactOptional(z.string()),
  }),
);

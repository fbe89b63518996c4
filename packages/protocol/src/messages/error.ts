import * as z from 'zod';
import { openField, schemaFor, type Open } from './field-schemas.ts';

/**
 * A refused request: the only frame without a channel, a time and a sequence number. It does not name its request. If
 * one has a number, the exchange has counted it, so it counts.
 */
export interface ErrorMessage {
  readonly type: 'error';
  /**
   * "authentication failure" also replies to an unknown channel name and to a bad token on a public channel;
   * "too many L2 streams requested in a single session" refuses the 31st level2 product of a connection;
   * "subscribe or unsubscribe required" replies to a request of another type.
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

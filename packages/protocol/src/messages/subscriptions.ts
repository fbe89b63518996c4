import * as z from 'zod';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { schemaFor } from './field-schemas.ts';

/** The whole set of subscriptions of this connection, not only what the last request changed. */
export interface SubscriptionsEvent {
  /**
   * By request name (`level2`, not `l2_data`): product ids, `["heartbeats"]`, or the id of the user, which is personal.
   * Unknown products are omitted without an error, `BTC-USDC` is listed as `BTC-USD`, and one empty reply right after a
   * subscription has been seen.
   */
  readonly subscriptions: Readonly<Record<string, readonly string[]>>;
}

/**
 * The acknowledgement of every accepted subscribe and unsubscribe. Snapshots may precede it. One event in every capture;
 * several would form the set together.
 */
export type SubscriptionsMessage = Envelope<'subscriptions', SubscriptionsEvent>;

const subscriptionsEventSchema = schemaFor<SubscriptionsEvent>()(
  z.looseObject({ subscriptions: z.record(z.string(), z.array(z.string())) }),
);

/** See {@link SubscriptionsMessage}. */
export const subscriptionsSchema: z.ZodType<SubscriptionsMessage> = envelopeSchema(
  'subscriptions',
  subscriptionsEventSchema,
);

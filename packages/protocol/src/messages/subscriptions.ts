import * as z from 'zod';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { schemaFor } from './field-schemas.ts';

/** Everything this connection is subscribed to now: the whole set, not what the last request changed. */
export interface SubscriptionsEvent {
  /**
   * By request name (`level2`, not `l2_data`): product ids, `["heartbeats"]`, or the id of the user, which is
   * personal. Unknown products are left out without an error, `BTC-USDC` is listed as `BTC-USD`, and one empty
   * reply right after a subscription has been seen.
   */
  readonly subscriptions: Readonly<Record<string, readonly string[]>>;
}

/**
 * The reply to every accepted subscribe and unsubscribe. Snapshots may come before it. Every capture has one event; of
 * several, all together would be the set.
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

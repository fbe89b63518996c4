import * as z from 'zod';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { type Open, openField, partialList, schemaFor } from './field-schemas.ts';
import { orderSchema, type Order } from './order.ts';
import { positionsSchema, type Positions } from './positions.ts';

/**
 * The account's orders and positions. The snapshot of open orders has frames of 50 orders; the first one with fewer is
 * the last.
 */
export interface UserEvent {
  readonly type: Open<'snapshot' | 'update'>;
  readonly orders: readonly Order[];
  /** Absent in 2023. */
  readonly positions?: Positions;
}

/** A frame of the channel `user`. Private. */
export type UserMessage = Envelope<'user', UserEvent>;

const userEventSchema = schemaFor<UserEvent>()(
  z.looseObject({
    type: openField('snapshot', 'update'),
    orders: partialList(orderSchema),
    positions: z.exactOptional(positionsSchema),
  }),
);

/** See {@link UserMessage}. */
export const userSchema: z.ZodType<UserMessage> = envelopeSchema('user', userEventSchema);

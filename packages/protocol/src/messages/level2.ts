import * as z from 'zod';
import type { Decimal } from '../values/decimal.ts';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { decimalField, openField, schemaFor, type Open } from './field-schemas.ts';

/** The new size of one price level. */
export interface Level2Update {
  /** `offer`, never `ask`. */
  readonly side: Open<'bid' | 'offer'>;
  /**
   * When the engine changed the level: RFC 3339, microseconds; the same for all levels of a frame. Snapshots in old
   * captures have `1970-01-01T00:00:00Z` for none: see `hasTime`.
   */
  readonly event_time: string;
  readonly price_level: Decimal;
  /** The new total size, not a difference. Zero in any spelling deletes the level, even an unknown one. */
  readonly new_quantity: Decimal;
}

/**
 * A snapshot replaces the whole book of a product; an update changes single levels. A snapshot precedes the
 * `subscriptions` acknowledgement, and may be repeated at any time.
 */
export interface Level2Event {
  readonly type: Open<'snapshot' | 'update'>;
  readonly product_id: string;
  /** Bids descending, then offers ascending in every capture; not guaranteed. */
  readonly updates: readonly Level2Update[];
}

/** A frame of the channel `level2`, named `l2_data` in frames. At most one per 50 ms and product. */
export type Level2Message = Envelope<'l2_data', Level2Event>;

const level2UpdateSchema = schemaFor<Level2Update>()(
  z.looseObject({
    side: openField('bid', 'offer'),
    event_time: z.string(),
    price_level: decimalField,
    new_quantity: decimalField,
  }),
);

const level2EventSchema = schemaFor<Level2Event>()(
  z.looseObject({
    type: openField('snapshot', 'update'),
    product_id: z.string(),
    updates: z.array(level2UpdateSchema),
  }),
);

/** See {@link Level2Message}. */
export const level2Schema: z.ZodType<Level2Message> = envelopeSchema('l2_data', level2EventSchema);

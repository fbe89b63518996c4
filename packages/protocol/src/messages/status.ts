import * as z from 'zod';
import type { Decimal } from '../values/decimal.ts';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { type Open, openField, optionalDecimalField, partialList, schemaFor } from './field-schemas.ts';

/** A tradable product, its increments and whether trading is on. Known from the documentation only. */
export interface ProductStatus {
  readonly id: string;
  readonly product_type?: Open<'SPOT' | 'FUTURE'>;
  readonly base_currency?: string;
  readonly quote_currency?: string;
  /** The smallest step of a size. */
  readonly base_increment?: Decimal | '';
  /** The smallest step of a price. */
  readonly quote_increment?: Decimal | '';
  readonly display_name?: string;
  readonly status: Open<'online' | 'offline' | 'delisted'>;
  /** Usually `""`. */
  readonly status_message?: string;
  /** The smallest amount of an order, in the quote currency. */
  readonly min_market_funds?: Decimal | '';
}

/** All subscribed products first, then those that changed. */
export interface StatusEvent {
  readonly type: Open<'snapshot' | 'update'>;
  readonly products: readonly ProductStatus[];
}

/** A frame of the channel `status`. */
export type StatusMessage = Envelope<'status', StatusEvent>;

const productStatusSchema = schemaFor<ProductStatus>()(
  z.looseObject({
    id: z.string(),
    product_type: z.exactOptional(openField('SPOT', 'FUTURE')),
    base_currency: z.exactOptional(z.string()),
    quote_currency: z.exactOptional(z.string()),
    base_increment: z.exactOptional(optionalDecimalField),
    quote_increment: z.exactOptional(optionalDecimalField),
    display_name: z.exactOptional(z.string()),
    status: openField('online', 'offline', 'delisted'),
    status_message: z.exactOptional(z.string()),
    min_market_funds: z.exactOptional(optionalDecimalField),
  }),
);

const statusEventSchema = schemaFor<StatusEvent>()(
  z.looseObject({ type: openField('snapshot', 'update'), products: partialList(productStatusSchema) }),
);

/** See {@link StatusMessage}. */
export const statusSchema: z.ZodType<StatusMessage> = envelopeSchema('status', statusEventSchema);

import * as z from 'zod';
import type { Decimal } from '../values/decimal.ts';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { type Open, openField, optionalDecimalField, partialList, schemaFor } from './field-schemas.ts';

/** Open, high, low, close and volume of one product over five minutes. */
export interface Candle {
  /** When the bucket starts: Unix seconds, as a string. */
  readonly start: string;
  readonly high: Decimal | '';
  readonly low: Decimal | '';
  readonly open: Decimal | '';
  readonly close: Decimal | '';
  /** In the base currency. */
  readonly volume: Decimal | '';
  readonly product_id: string;
}

/** A snapshot of up to 100 candles, then the current candle about once a second while there is trading. */
export interface CandlesEvent {
  readonly type: Open<'snapshot' | 'update'>;
  /** In no promised order. Buckets without a trade are left out. */
  readonly candles: readonly Candle[];
}

/** A frame of the channel `candles`. Buckets are always five minutes; there is no granularity to choose. */
export type CandlesMessage = Envelope<'candles', CandlesEvent>;

const candleSchema = schemaFor<Candle>()(
  z.looseObject({
    start: z.string(),
    high: optionalDecimalField,
    low: optionalDecimalField,
    open: optionalDecimalField,
    close: optionalDecimalField,
    volume: optionalDecimalField,
    product_id: z.string(),
  }),
);

const candlesEventSchema = schemaFor<CandlesEvent>()(
  z.looseObject({ type: openField('snapshot', 'update'), candles: partialList(candleSchema) }),
);

/** See {@link CandlesMessage}. */
export const candlesSchema: z.ZodType<CandlesMessage> = envelopeSchema('candles', candlesEventSchema);

import * as z from 'zod';
import type { Decimal } from '../values/decimal.ts';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { type Open, openField, optionalDecimalField, partialList, schemaFor } from './field-schemas.ts';

/**
 * The latest price of one product and its statistics of a day and a year. It has no time: use the `timestamp` of the
 * envelope. Any decimal may be `""` for a product that has not traded.
 */
export interface Ticker {
  readonly type: Open<'ticker'>;
  readonly product_id: string;
  /** Of the last trade, in the quote currency. */
  readonly price: Decimal | '';
  /** In the base currency. */
  readonly volume_24_h: Decimal | '';
  readonly low_24_h: Decimal | '';
  readonly high_24_h: Decimal | '';
  readonly low_52_w: Decimal | '';
  readonly high_52_w: Decimal | '';
  /** In percent, signed, up to 14 decimals. */
  readonly price_percent_chg_24_h: Decimal | '';
  /** Absent on `ticker_batch`, and on `ticker` in captures of early 2024; the same holds for the three below. */
  readonly best_bid?: Decimal | '';
  readonly best_bid_quantity?: Decimal | '';
  readonly best_ask?: Decimal | '';
  readonly best_ask_quantity?: Decimal | '';
}

/** One product per frame in the snapshots. */
export interface TickerEvent {
  readonly type: Open<'snapshot' | 'update'>;
  readonly tickers: readonly Ticker[];
}

/** A frame of the channel `ticker`: sent on every match. */
export type TickerMessage = Envelope<'ticker', TickerEvent>;

/** A frame of the channel `ticker_batch`: every five seconds if a price has changed. */
export type TickerBatchMessage = Envelope<'ticker_batch', TickerEvent>;

const tickerItemSchema = schemaFor<Ticker>()(
  z.looseObject({
    type: openField('ticker'),
    product_id: z.string(),
    price: optionalDecimalField,
    volume_24_h: optionalDecimalField,
    low_24_h: optionalDecimalField,
    high_24_h: optionalDecimalField,
    low_52_w: optionalDecimalField,
    high_52_w: optionalDecimalField,
    price_percent_chg_24_h: optionalDecimalField,
    best_bid: z.exactOptional(optionalDecimalField),
    best_bid_quantity: z.exactOptional(optionalDecimalField),
    best_ask: z.exactOptional(optionalDecimalField),
    best_ask_quantity: z.exactOptional(optionalDecimalField),
  }),
);

const tickerEventSchema = schemaFor<TickerEvent>()(
  z.looseObject({ type: openField('snapshot', 'update'), tickers: partialList(tickerItemSchema) }),
);

/** See {@link TickerMessage}. */
export const tickerSchema: z.ZodType<TickerMessage> = envelopeSchema('ticker', tickerEventSchema);

/** See {@link TickerBatchMessage}. */
export const tickerBatchSchema: z.ZodType<TickerBatchMessage> = envelopeSchema(
  'ticker_batch',
  tickerEventSchema,
);

import * as z from 'zod';
import type { Decimal } from '../values/decimal.ts';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { decimalField, type Open, openField, partialList, schemaFor } from './field-schemas.ts';

/** One match between two orders. */
export interface Trade {
  readonly product_id: string;
  /**
   * Digits; increases by one within a product. A gap means missing trades, which can happen without a gap in
   * `sequence_num`.
   */
  readonly trade_id: string;
  readonly price: Decimal;
  /** In the base currency. */
  readonly size: Decimal;
  /** When the orders matched: RFC 3339, microseconds. */
  readonly time: string;
  /** The side of the resting order (the maker). The aggressor has the other one: see {@link aggressorOf}. */
  readonly side: Open<'BUY' | 'SELL'>;
}

/**
 * A snapshot holds the last 100 trades of one product, and is repeated at a resubscription and sometimes in between:
 * identify trades by `trade_id`.
 */
export interface MarketTradesEvent {
  readonly type: Open<'snapshot' | 'update'>;
  /** Newest first. May be empty in a snapshot. */
  readonly trades: readonly Trade[];
}

/** A frame of the channel `market_trades`: the trades of up to 250 ms. */
export type MarketTradesMessage = Envelope<'market_trades', MarketTradesEvent>;

/** The side that crossed the spread: the opposite of a trade's `side`. `undefined` for an unknown side. */
export function aggressorOf(trade: Pick<Trade, 'side'>): 'BUY' | 'SELL' | undefined {
  if (trade.side === 'BUY') return 'SELL';
  return trade.side === 'SELL' ? 'BUY' : undefined;
}

const tradeSchema = schemaFor<Trade>()(
  z.looseObject({
    product_id: z.string(),
    trade_id: z.string(),
    price: decimalField,
    size: decimalField,
    time: z.string(),
    side: openField('BUY', 'SELL'),
  }),
);

const marketTradesEventSchema = schemaFor<MarketTradesEvent>()(
  z.looseObject({ type: openField('snapshot', 'update'), trades: partialList(tradeSchema) }),
);

/** See {@link MarketTradesMessage}. */
export const marketTradesSchema: z.ZodType<MarketTradesMessage> = envelopeSchema(
  'market_trades',
  marketTradesEventSchema,
);

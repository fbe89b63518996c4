import * as z from 'zod';
import type { Decimal } from '../values/decimal.ts';
import { type Open, openField, optionalDecimalField, partialList, schemaFor } from './field-schemas.ts';

/** A position in a perpetual future. */
export interface PerpetualFuturesPosition {
  readonly product_id: string;
  readonly portfolio_uuid?: string;
  readonly vwap?: Decimal | '';
  readonly entry_vwap?: Decimal | '';
  readonly position_side?: Open<'Long' | 'Short'>;
  readonly margin_type?: Open<'Cross' | 'Isolated'>;
  /** In contracts; negative when short. */
  readonly net_size?: Decimal | '';
  readonly buy_order_size?: Decimal | '';
  readonly sell_order_size?: Decimal | '';
  readonly leverage?: Decimal | '';
  readonly mark_price?: Decimal | '';
  readonly liquidation_price?: Decimal | '';
  /** Initial margin. */
  readonly im_notional?: Decimal | '';
  /** Maintenance margin. */
  readonly mm_notional?: Decimal | '';
  readonly position_notional?: Decimal | '';
  readonly unrealized_pnl?: Decimal | '';
  readonly aggregated_pnl?: Decimal | '';
}

/** A position in a future that expires. */
export interface ExpiringFuturesPosition {
  readonly product_id: string;
  readonly side?: Open<'Long' | 'Short'>;
  readonly number_of_contracts?: Decimal | '';
  readonly realized_pnl?: Decimal | '';
  readonly unrealized_pnl?: Decimal | '';
  readonly entry_price?: Decimal | '';
}

/** A position in a prediction market. Only empty lists have been published, so its fields are unknown. */
export type PredictionMarketPosition = Readonly<Record<string, unknown>>;

/** The account's open positions, by kind; a kind may be absent. */
export interface Positions {
  readonly perpetual_futures_positions?: readonly PerpetualFuturesPosition[];
  readonly expiring_futures_positions?: readonly ExpiringFuturesPosition[];
  /** Sent since 2026, not documented. */
  readonly prediction_market_positions?: readonly PredictionMarketPosition[];
}

const optionalDecimal = z.exactOptional(optionalDecimalField);

const perpetualSchema = schemaFor<PerpetualFuturesPosition>()(
  z.looseObject({
    product_id: z.string(),
    portfolio_uuid: z.exactOptional(z.string()),
    vwap: optionalDecimal,
    entry_vwap: optionalDecimal,
    position_side: z.exactOptional(openField('Long', 'Short')),
    margin_type: z.exactOptional(openField('Cross', 'Isolated')),
    net_size: optionalDecimal,
    buy_order_size: optionalDecimal,
    sell_order_size: optionalDecimal,
    leverage: optionalDecimal,
    mark_price: optionalDecimal,
    liquidation_price: optionalDecimal,
    im_notional: optionalDecimal,
    mm_notional: optionalDecimal,
    position_notional: optionalDecimal,
    unrealized_pnl: optionalDecimal,
    aggregated_pnl: optionalDecimal,
  }),
);

const expiringSchema = schemaFor<ExpiringFuturesPosition>()(
  z.looseObject({
    product_id: z.string(),
    side: z.exactOptional(openField('Long', 'Short')),
    number_of_contracts: optionalDecimal,
    realized_pnl: optionalDecimal,
    unrealized_pnl: optionalDecimal,
    entry_price: optionalDecimal,
  }),
);

/** See {@link Positions}. */
export const positionsSchema: z.ZodType<Positions> = schemaFor<Positions>()(
  z.looseObject({
    perpetual_futures_positions: z.exactOptional(partialList(perpetualSchema)),
    expiring_futures_positions: z.exactOptional(partialList(expiringSchema)),
    prediction_market_positions: z.exactOptional(partialList(z.record(z.string(), z.unknown()))),
  }),
);

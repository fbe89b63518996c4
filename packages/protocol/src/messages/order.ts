import * as z from 'zod';
import type { Decimal } from '../values/decimal.ts';
import { openField, optionalDecimalField, schemaFor, type Open } from './field-schemas.ts';

/**
 * The state of one order of the account. Every value is a string, including counts and flags. Frames of 2023 had twelve
 * of these fields, so only three are required.
 */
export interface Order {
  readonly order_id: string;
  readonly product_id: string;
  readonly status: Open<'PENDING' | 'OPEN' | 'FILLED' | 'CANCEL_QUEUED' | 'CANCELLED' | 'EXPIRED' | 'FAILED'>;
  readonly client_order_id?: string;
  readonly retail_portfolio_id?: string;
  readonly order_side?: Open<'BUY' | 'SELL'>;
  /** In capitals in the documentation, `Limit` in its examples: compare case-insensitively. */
  readonly order_type?: Open<'LIMIT' | 'MARKET' | 'STOP_LIMIT' | 'Limit' | 'Market' | 'Stop Limit'>;
  readonly time_in_force?: Open<
    | 'UNKNOWN_TIME_IN_FORCE'
    | 'GOOD_UNTIL_DATE_TIME'
    | 'GOOD_UNTIL_CANCELLED'
    | 'IMMEDIATE_OR_CANCEL'
    | 'FILL_OR_KILL'
  >;
  readonly trigger_status?: Open<
    'UNKNOWN_TRIGGER_STATUS' | 'INVALID_ORDER_TYPE' | 'STOP_PENDING' | 'STOP_TRIGGERED'
  >;
  readonly product_type?: Open<'UNKNOWN_PRODUCT_TYPE' | 'SPOT' | 'FUTURE'>;
  readonly contract_expiry_type?: Open<'UNKNOWN_CONTRACT_EXPIRY_TYPE' | 'EXPIRING' | 'PERPETUAL'>;
  readonly risk_managed_by?: Open<'UNKNOWN_RISK_MANAGEMENT_TYPE' | 'MANAGED_BY_FCM' | 'MANAGED_BY_VENUE'>;
  /** Of the filled part. */
  readonly avg_price?: Decimal | '';
  /** The filled size, which only grows; each fill increases it. */
  readonly cumulative_quantity?: Decimal | '';
  /** The size still to be filled. */
  readonly leaves_quantity?: Decimal | '';
  readonly filled_value?: Decimal | '';
  /** 0 to 100. */
  readonly completion_percentage?: Decimal | '';
  readonly number_of_fills?: Decimal | '';
  readonly outstanding_hold_amount?: Decimal | '';
  readonly total_fees?: Decimal | '';
  readonly total_value_after_fees?: Decimal | '';
  /** `"0"` or `""` where the order has none. */
  readonly limit_price?: Decimal | '';
  /** `"0"` or `""` where the order has none. */
  readonly stop_price?: Decimal | '';
  /** A string, not a boolean. */
  readonly post_only?: Open<'true' | 'false'>;
  /** `""` where there is none. */
  readonly cancel_reason?: string;
  /** `""` where there is none. */
  readonly reject_reason?: string;
  /** The same, by its name in a capture of 2023 and in a table of the documentation. */
  readonly reject_Reason?: string;
  /** RFC 3339. */
  readonly creation_time?: string;
  /** `0001-01-01T00:00:00Z` where there is none: see `hasTime`. */
  readonly end_time?: string;
  /** `0001-01-01T00:00:00Z` where there is none: see `hasTime`. */
  readonly start_time?: string;
}

const optionalText = z.exactOptional(z.string());
const optionalDecimal = z.exactOptional(optionalDecimalField);

/** See {@link Order}. */
export const orderSchema: z.ZodType<Order> = schemaFor<Order>()(
  z.looseObject({
    order_id: z.string(),
    product_id: z.string(),
    status: openField('PENDING', 'OPEN', 'FILLED', 'CANCEL_QUEUED', 'CANCELLED', 'EXPIRED', 'FAILED'),
    client_order_id: optionalText,
    retail_portfolio_id: optionalText,
    order_side: z.exactOptional(openField('BUY', 'SELL')),
    order_type: z.exactOptional(openField('LIMIT', 'MARKET', 'STOP_LIMIT', 'Limit', 'Market', 'Stop Limit')),
    time_in_force: z.exactOptional(
      openField(
        'UNKNOWN_TIME_IN_FORCE',
        'GOOD_UNTIL_DATE_TIME',
        'GOOD_UNTIL_CANCELLED',
        'IMMEDIATE_OR_CANCEL',
        'FILL_OR_KILL',
      ),
    ),
    trigger_status: z.exactOptional(
      openField('UNKNOWN_TRIGGER_STATUS', 'INVALID_ORDER_TYPE', 'STOP_PENDING', 'STOP_TRIGGERED'),
    ),
    product_type: z.exactOptional(openField('UNKNOWN_PRODUCT_TYPE', 'SPOT', 'FUTURE')),
    contract_expiry_type: z.exactOptional(openField('UNKNOWN_CONTRACT_EXPIRY_TYPE', 'EXPIRING', 'PERPETUAL')),
    risk_managed_by: z.exactOptional(
      openField('UNKNOWN_RISK_MANAGEMENT_TYPE', 'MANAGED_BY_FCM', 'MANAGED_BY_VENUE'),
    ),
    avg_price: optionalDecimal,
    cumulative_quantity: optionalDecimal,
    leaves_quantity: optionalDecimal,
    filled_value: optionalDecimal,
    completion_percentage: optionalDecimal,
    number_of_fills: optionalDecimal,
    outstanding_hold_amount: optionalDecimal,
    total_fees: optionalDecimal,
    total_value_after_fees: optionalDecimal,
    limit_price: optionalDecimal,
    stop_price: optionalDecimal,
    post_only: z.exactOptional(openField('true', 'false')),
    cancel_reason: optionalText,
    reject_reason: optionalText,
    reject_Reason: optionalText,
    creation_time: optionalText,
    end_time: optionalText,
    start_time: optionalText,
  }),
);

import * as z from 'zod';
import type { Decimal } from '../values/decimal.ts';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { openField, optionalDecimalField, schemaFor, type Open } from './field-schemas.ts';

/** The margin that applies in one window of the day. */
export interface MarginWindowMeasure {
  readonly margin_window_type?: Open<
    | 'FCM_MARGIN_WINDOW_TYPE_UNSPECIFIED'
    | 'FCM_MARGIN_WINDOW_TYPE_OVERNIGHT'
    | 'FCM_MARGIN_WINDOW_TYPE_WEEKEND'
    | 'FCM_MARGIN_WINDOW_TYPE_INTRADAY'
    | 'FCM_MARGIN_WINDOW_TYPE_TRANSITION'
  >;
  readonly margin_level?: Open<
    | 'MARGIN_LEVEL_TYPE_UNSPECIFIED'
    | 'MARGIN_LEVEL_TYPE_BASE'
    | 'MARGIN_LEVEL_TYPE_WARNING'
    | 'MARGIN_LEVEL_TYPE_DANGER'
    | 'MARGIN_LEVEL_TYPE_LIQUIDATION'
  >;
  readonly initial_margin?: Decimal | '';
  readonly maintenance_margin?: Decimal | '';
  readonly liquidation_buffer_percentage?: Decimal | '';
  /** May be negative. */
  readonly total_hold?: Decimal | '';
  readonly futures_buying_power?: Decimal | '';
}

/** The account's futures balance, in US dollars. Known from the documentation only, so nothing is required. */
export interface FuturesBalanceSummary {
  readonly futures_buying_power?: Decimal | '';
  readonly total_usd_balance?: Decimal | '';
  /** Held in the spot account. */
  readonly cbi_usd_balance?: Decimal | '';
  /** Held in the futures account. */
  readonly cfm_usd_balance?: Decimal | '';
  readonly total_open_orders_hold_amount?: Decimal | '';
  readonly unrealized_pnl?: Decimal | '';
  readonly daily_realized_pnl?: Decimal | '';
  readonly initial_margin?: Decimal | '';
  readonly available_margin?: Decimal | '';
  readonly liquidation_threshold?: Decimal | '';
  readonly liquidation_buffer_amount?: Decimal | '';
  readonly liquidation_buffer_percentage?: Decimal | '';
  readonly intraday_margin_window_measure?: MarginWindowMeasure;
  readonly overnight_margin_window_measure?: MarginWindowMeasure;
}

/** The whole balance; the official Python SDK expects that it may be absent. */
export interface FuturesBalanceSummaryEvent {
  readonly type: Open<'snapshot' | 'update'>;
  readonly fcm_balance_summary?: FuturesBalanceSummary;
}

/** A frame of the channel `futures_balance_summary`. Private. */
export type FuturesBalanceSummaryMessage = Envelope<'futures_balance_summary', FuturesBalanceSummaryEvent>;

const optionalDecimal = z.exactOptional(optionalDecimalField);

const marginWindowMeasureSchema = schemaFor<MarginWindowMeasure>()(
  z.looseObject({
    margin_window_type: z.exactOptional(
      openField(
        'FCM_MARGIN_WINDOW_TYPE_UNSPECIFIED',
        'FCM_MARGIN_WINDOW_TYPE_OVERNIGHT',
        'FCM_MARGIN_WINDOW_TYPE_WEEKEND',
        'FCM_MARGIN_WINDOW_TYPE_INTRADAY',
        'FCM_MARGIN_WINDOW_TYPE_TRANSITION',
      ),
    ),
    margin_level: z.exactOptional(
      openField(
        'MARGIN_LEVEL_TYPE_UNSPECIFIED',
        'MARGIN_LEVEL_TYPE_BASE',
        'MARGIN_LEVEL_TYPE_WARNING',
        'MARGIN_LEVEL_TYPE_DANGER',
        'MARGIN_LEVEL_TYPE_LIQUIDATION',
      ),
    ),
    initial_margin: optionalDecimal,
    maintenance_margin: optionalDecimal,
    liquidation_buffer_percentage: optionalDecimal,
    total_hold: optionalDecimal,
    futures_buying_power: optionalDecimal,
  }),
);

const summarySchema = schemaFor<FuturesBalanceSummary>()(
  z.looseObject({
    futures_buying_power: optionalDecimal,
    total_usd_balance: optionalDecimal,
    cbi_usd_balance: optionalDecimal,
    cfm_usd_balance: optionalDecimal,
    total_open_orders_hold_amount: optionalDecimal,
    unrealized_pnl: optionalDecimal,
    daily_realized_pnl: optionalDecimal,
    initial_margin: optionalDecimal,
    available_margin: optionalDecimal,
    liquidation_threshold: optionalDecimal,
    liquidation_buffer_amount: optionalDecimal,
    liquidation_buffer_percentage: optionalDecimal,
    intraday_margin_window_measure: z.exactOptional(marginWindowMeasureSchema),
    overnight_margin_window_measure: z.exactOptional(marginWindowMeasureSchema),
  }),
);

const eventSchema = schemaFor<FuturesBalanceSummaryEvent>()(
  z.looseObject({
    type: openField('snapshot', 'update'),
    fcm_balance_summary: z.exactOptional(summarySchema),
  }),
);

/** See {@link FuturesBalanceSummaryMessage}. */
export const futuresBalanceSummarySchema: z.ZodType<FuturesBalanceSummaryMessage> = envelopeSchema(
  'futures_balance_summary',
  eventSchema,
);

import { decimalText } from '../market/wire-text.ts';

/** Cents. */
const CASH = 1_250_000;
const MARGIN = 310_000;

const money = (cents: number): string => decimalText(cents, 2);

/** The futures balance with `unrealized` cents of profit or loss (documentation's fields; no real frame is known). */
export function balanceEvent(type: 'snapshot' | 'update', unrealized: number): string {
  const available = CASH + unrealized - MARGIN;
  const margin = (level: string, window: string): object => ({
    margin_window_type: `FCM_MARGIN_WINDOW_TYPE_${window}`,
    margin_level: `MARGIN_LEVEL_TYPE_${level}`,
    initial_margin: '0.25',
    maintenance_margin: '0.2',
    liquidation_buffer_percentage: '75',
    total_hold: money(MARGIN),
    futures_buying_power: money(available),
  });
  return JSON.stringify({
    type,
    fcm_balance_summary: {
      futures_buying_power: money(available),
      total_usd_balance: money(CASH + unrealized),
      cbi_usd_balance: money(CASH - MARGIN),
      cfm_usd_balance: money(MARGIN + unrealized),
      total_open_orders_hold_amount: '0',
      unrealized_pnl: money(unrealized),
      daily_realized_pnl: '0',
      initial_margin: money(MARGIN),
      available_margin: money(available),
      liquidation_threshold: money(Math.round(MARGIN * 0.8)),
      liquidation_buffer_amount: money(available),
      liquidation_buffer_percentage: '75',
      intraday_margin_window_measure: margin('BASE', 'INTRADAY'),
      overnight_margin_window_measure: margin('BASE', 'OVERNIGHT'),
    },
  });
}

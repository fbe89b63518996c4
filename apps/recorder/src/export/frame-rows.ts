import {
  aggressorOf,
  type Candle,
  type DecodedMessage,
  type Level2Update,
  type Order,
  type Ticker,
  type Trade,
} from '@feedtape/protocol';
import type { Cell, Row, TableName } from './export-tables.ts';

/** Identifies a frame of a capture. */
export interface FramePlace {
  readonly run: string;
  readonly connection: number;
  readonly index: number;
  readonly at: string;
}

/** Rows of one table and product from one frame. */
export interface ProductRows {
  readonly table: TableName;
  readonly productId: string;
  readonly rows: readonly Row[];
}

/**
 * Converts a message to rows: one for each trade, level, ticker, candle or order of each event. `undefined` for channels
 * without a table.
 */
export function rowsOf(
  { message }: DecodedMessage,
  place: FramePlace,
): { readonly table: TableName; readonly products: readonly ProductRows[] } | undefined {
  const frame: Cell[] = [
    place.run,
    place.connection,
    place.index,
    place.at,
    message.sequence_num,
    message.timestamp,
  ];
  switch (message.channel) {
    case 'market_trades':
      return collect('trades', frame, message.events, ({ trades }) => trades, tradeCells);
    case 'l2_data':
      return collect('level2', frame, message.events, ({ updates }) => updates, levelCells);
    case 'ticker':
    case 'ticker_batch':
      return collect('tickers', frame, message.events, ({ tickers }) => tickers, tickerCells);
    case 'candles':
      return collect('candles', frame, message.events, ({ candles }) => candles, candleCells);
    case 'user':
      return collect('orders', frame, message.events, ({ orders }) => orders, orderCells);
    case 'heartbeats':
    case 'status':
    case 'subscriptions':
    case 'futures_balance_summary':
      return undefined;
  }
}

interface ProductEvent {
  readonly type: string;
  /** Only in level2 events, whose levels do not name their product. */
  readonly product_id?: string;
}

function collect<Event extends ProductEvent, Item extends object>(
  table: TableName,
  frame: readonly Cell[],
  events: readonly Event[],
  itemsOf: (event: Event) => readonly Item[],
  cells: (item: Item) => readonly Cell[],
): { readonly table: TableName; readonly products: readonly ProductRows[] } {
  const products = new Map<string, Row[]>();
  for (const [eventIndex, event] of events.entries()) {
    for (const [itemIndex, item] of itemsOf(event).entries()) {
      const productId = event.product_id ?? (item as { readonly product_id: string }).product_id;
      const row = [...frame, eventIndex, itemIndex, event.type, productId, ...cells(item)];
      const rows = products.get(productId);
      if (rows === undefined) products.set(productId, [row]);
      else rows.push(row);
    }
  }
  return { table, products: Array.from(products, ([productId, rows]) => ({ table, productId, rows })) };
}

/** The exchange writes `""` for an absent value. */
const orNull = (value: string | undefined): Cell => (value === undefined || value === '' ? null : value);

const tradeCells = (trade: Trade): readonly Cell[] => [
  trade.trade_id,
  trade.price,
  trade.size,
  trade.side,
  aggressorOf(trade) ?? null,
  trade.time,
];

const levelCells = (level: Level2Update): readonly Cell[] => [
  level.side,
  level.price_level,
  level.new_quantity,
  level.event_time,
];

const tickerCells = (ticker: Ticker): readonly Cell[] =>
  [
    ticker.price,
    ticker.volume_24_h,
    ticker.low_24_h,
    ticker.high_24_h,
    ticker.low_52_w,
    ticker.high_52_w,
    ticker.price_percent_chg_24_h,
    ticker.best_bid,
    ticker.best_bid_quantity,
    ticker.best_ask,
    ticker.best_ask_quantity,
  ].map(orNull);

const candleCells = ({ start, open, high, low, close, volume }: Candle): readonly Cell[] =>
  [start, open, high, low, close, volume].map(orNull);

const orderCells = (order: Order): readonly Cell[] =>
  [
    order.order_id,
    order.client_order_id,
    order.retail_portfolio_id,
    order.status,
    order.order_side,
    order.order_type,
    order.time_in_force,
    order.trigger_status,
    order.product_type,
    order.contract_expiry_type,
    order.risk_managed_by,
    order.post_only,
    order.cancel_reason,
    order.reject_reason ?? order.reject_Reason,
    order.cumulative_quantity,
    order.leaves_quantity,
    order.limit_price,
    order.stop_price,
    order.avg_price,
    order.filled_value,
    order.completion_percentage,
    order.number_of_fills,
    order.outstanding_hold_amount,
    order.total_fees,
    order.total_value_after_fees,
    order.creation_time,
    order.start_time,
    order.end_time,
  ].map(orNull);

/** Names of the tables for `--table`. */
export const TABLE_NAMES = ['trades', 'level2', 'tickers', 'candles', 'orders', 'gaps'] as const;

export type TableName = (typeof TABLE_NAMES)[number];

/** Exported by default: all tables about the market, none about an account. */
export const DEFAULT_TABLES: readonly TableName[] = ['trades', 'level2', 'tickers', 'candles', 'gaps'];

/**
 * The type of a column. `decimal`: an exact decimal with up to `scale` digits after the point. `time`: RFC 3339.
 * `seconds`: Unix seconds as digits.
 */
export type ColumnType =
  | { readonly type: 'text' | 'integer' | 'time' | 'seconds' }
  | { readonly type: 'decimal'; readonly scale: number };

export type Column = ColumnType & {
  readonly name: string;
  /** Identifies an account, an order or a person: `--redact` omits the column. */
  readonly identifies?: true;
};

/** A value as in the frame, or `null`. */
export type Cell = string | number | null;

/** One cell per column of the full table, in column order. */
export type Row = readonly Cell[];

/** A column with the index of its cells in a row. */
export type PlacedColumn = Column & { readonly place: number };

export interface ExportTable {
  readonly columns: readonly PlacedColumn[];
}

/** The finest increment of any product has 8 digits. Products of two such decimals fit 38 digits. */
const PRICE_SCALE = 12;
/** Percentages, averages and fees are quotients with up to 16 digits. */
const QUOTIENT_SCALE = 18;

const defineTable = (columns: readonly Column[]): ExportTable => ({
  columns: columns.map((column, place) => ({ ...column, place })),
});

const text = (name: string): Column => ({ name, type: 'text' });
const integer = (name: string): Column => ({ name, type: 'integer' });
const time = (name: string): Column => ({ name, type: 'time' });
const price = (name: string): Column => ({ name, type: 'decimal', scale: PRICE_SCALE });
const quotient = (name: string): Column => ({ name, type: 'decimal', scale: QUOTIENT_SCALE });
const identifying = (name: string): Column => ({ name, type: 'text', identifies: true });

/** Identifies the frame of a row and the position within it. */
const provenance: readonly Column[] = [
  text('run'),
  integer('connection'),
  integer('index'),
  time('received_at'),
  integer('sequence'),
  time('sent_at'),
  integer('event'),
  integer('item'),
  text('event_type'),
  text('product_id'),
];

/** All tables, with columns in the order in which `frame-rows.ts` and `record-rows.ts` fill them. */
export const EXPORT_TABLES: Readonly<Record<TableName, ExportTable>> = {
  trades: defineTable([
    ...provenance,
    integer('trade_id'),
    price('price'),
    price('size'),
    text('side'),
    text('aggressor'),
    time('time'),
  ]),
  level2: defineTable([
    ...provenance,
    text('side'),
    price('price_level'),
    price('new_quantity'),
    time('event_time'),
  ]),
  tickers: defineTable([
    ...provenance,
    ...['price', 'volume_24_h', 'low_24_h', 'high_24_h', 'low_52_w', 'high_52_w'].map(price),
    quotient('price_percent_chg_24_h'),
    ...['best_bid', 'best_bid_quantity', 'best_ask', 'best_ask_quantity'].map(price),
  ]),
  candles: defineTable([
    ...provenance,
    { name: 'start', type: 'seconds' },
    ...['open', 'high', 'low', 'close', 'volume'].map(price),
  ]),
  orders: defineTable([
    ...provenance,
    ...['order_id', 'client_order_id', 'retail_portfolio_id'].map(identifying),
    ...['status', 'order_side', 'order_type', 'time_in_force', 'trigger_status', 'product_type'].map(text),
    ...['contract_expiry_type', 'risk_managed_by', 'post_only', 'cancel_reason', 'reject_reason'].map(text),
    ...['cumulative_quantity', 'leaves_quantity', 'limit_price', 'stop_price'].map(price),
    ...['avg_price', 'filled_value', 'completion_percentage', 'number_of_fills'].map(quotient),
    ...['outstanding_hold_amount', 'total_fees', 'total_value_after_fees'].map(quotient),
    ...['creation_time', 'start_time', 'end_time'].map(time),
  ]),
  gaps: defineTable([
    text('run'),
    integer('connection'),
    time('received_at'),
    text('kind'),
    text('why'),
    text('event'),
    integer('missing'),
    integer('first_missing'),
    integer('last_missing'),
    // Holds answers of the server, which may name the account.
    identifying('details'),
  ]),
};

/** Removes identifying columns from a table; rows are unchanged. */
export function redactedTable(table: ExportTable): ExportTable {
  return { columns: table.columns.filter(({ identifies }) => identifies !== true) };
}

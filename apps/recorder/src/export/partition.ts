import { isProductId, requestChannelOf, type ResponseChannel } from '@feedtape/protocol';
import type { TableName } from './export-tables.ts';

/** Identifies the rows of one folder. */
export interface Partition {
  readonly table: TableName;
  /** Of the receive time, UTC: `2026-11-22`. */
  readonly date: string;
  readonly channel?: ResponseChannel;
  readonly productId?: string;
}

/** Folder for invalid product ids, since outside text never becomes a path. The rows keep the id. */
const OTHER_PRODUCT = '_other';

/**
 * The folder of a partition, in the layout of Hive, DuckDB, Spark and Polars:
 * `trades/date=2026-11-22/channel=market_trades/product=BTC-USD`.
 */
export function partitionFolder({ table, date, channel, productId }: Partition): string {
  const parts = [table, `date=${date}`];
  if (channel !== undefined) parts.push(`channel=${requestChannelOf(channel) ?? channel}`);
  if (productId !== undefined) parts.push(`product=${isProductId(productId) ? productId : OTHER_PRODUCT}`);
  return parts.join('/');
}

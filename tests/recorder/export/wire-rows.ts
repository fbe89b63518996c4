import { openCapture } from '@feedtape/capture/node';

type Wire = Readonly<Record<string, unknown>>;

interface WireFrame {
  readonly channel: string;
  readonly timestamp: string;
  readonly sequence_num: number;
  readonly events: readonly Wire[];
}

/** Which table the items of a channel belong to, and the key of an event that has them. */
const TABLES: Readonly<Record<string, readonly [table: string, items: string]>> = {
  market_trades: ['trades', 'trades'],
  l2_data: ['level2', 'updates'],
  ticker: ['tickers', 'tickers'],
  ticker_batch: ['tickers', 'tickers'],
  candles: ['candles', 'candles'],
};

/** One row as JSON.parse alone says it should be. */
export interface WireRow {
  readonly connection: number;
  readonly index: number;
  readonly received_at: string;
  readonly sequence: number;
  readonly event: number;
  readonly item: number;
  readonly event_type: unknown;
  readonly product_id: unknown;
  readonly fields: Wire;
}

/** The rows that a capture must give for each table, found without the protocol package and without the export. */
export async function wireRows(path: string): Promise<ReadonlyMap<string, readonly WireRow[]>> {
  const tables = new Map<string, WireRow[]>(
    ['trades', 'level2', 'tickers', 'candles'].map((name) => [name, []]),
  );
  for await (const { connection, index, at, ...frame } of withText(path)) {
    const { channel, sequence_num, events } = JSON.parse(frame.text) as WireFrame;
    const found = TABLES[channel];
    if (found === undefined) continue;
    const [table, key] = found;
    for (const [event, body] of events.entries())
      for (const [item, fields] of (body[key] as Wire[]).entries())
        tables.get(table)?.push({
          connection,
          index,
          received_at: at,
          sequence: sequence_num,
          event,
          item,
          event_type: body['type'],
          product_id: body['product_id'] ?? fields['product_id'],
          fields,
        });
  }
  return tables;
}

async function* withText(
  path: string,
): AsyncGenerator<{ connection: number; index: number; at: string; text: string }> {
  for await (const frame of openCapture(path).frames)
    yield { connection: frame.connection, index: frame.index, at: frame.at, text: frame.text() };
}

import type { Level2Event, Level2Update } from '@feedtape/protocol';

/** One level as a test writes it: side, price, size. */
export type Row = readonly [side: string, price: string, size: string];

/** A time on the wire, `second` seconds into a minute. */
export const at = (second: number): string => `2026-09-30T12:00:${String(second).padStart(2, '0')}.5Z`;

/** An event from rows. Their decimals are cast, because tests also send what is none. */
export const event = (
  type: string,
  rows: readonly Row[],
  { product = 'BTC-USD', time = at(0) } = {},
): Level2Event => ({
  type,
  product_id: product,
  updates: rows.map(
    ([side, price_level, new_quantity]) =>
      ({ side, event_time: time, price_level, new_quantity }) as Level2Update,
  ),
});

export const snapshot = (...rows: Row[]): Level2Event => event('snapshot', rows);
export const update = (...rows: Row[]): Level2Event => event('update', rows);

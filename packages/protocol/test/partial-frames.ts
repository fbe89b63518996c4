/** An order as the documentation shows one, with all that is optional. */
export const order = (id: number, product: string, odd: Readonly<Record<string, unknown>> = {}): object => ({
  order_id: `order-${id}`,
  client_order_id: `client-${id}`,
  product_id: product,
  status: 'OPEN',
  order_side: 'BUY',
  order_type: 'Limit',
  limit_price: '100.5',
  cumulative_quantity: '0',
  number_of_fills: '0',
  outstanding_hold_amount: '10.25',
  post_only: 'false',
  creation_time: '2026-09-30T02:39:53Z',
  ...odd,
});

const envelope = (channel: string, sequence: number, event: object): string =>
  JSON.stringify({
    channel,
    timestamp: '2026-09-30T02:39:53.1Z',
    sequence_num: sequence,
    events: [event],
  });

/** A frame of `user` with these orders, or whatever stands in their place. */
export const userFrame = (orders: unknown, positions?: object): string =>
  envelope('user', 5, { type: 'snapshot', orders, ...(positions !== undefined && { positions }) });

/** A frame of any channel around one event. */
export const frameOf = envelope;

const ticker = (product: string): object => ({
  type: 'ticker',
  product_id: product,
  price: '1.5',
  volume_24_h: '2',
  low_24_h: '1',
  high_24_h: '2',
  low_52_w: '1',
  high_52_w: '3',
  price_percent_chg_24_h: '-0.5',
});

const trade = (product: string, id: number): object => ({
  product_id: product,
  trade_id: String(id),
  price: '1.5',
  size: '2',
  time: '2026-09-30T02:39:53.1Z',
  side: 'BUY',
});

/** Frames about several products. */
export const userFrames: readonly string[] = [
  userFrame([order(1, 'BTC-USD'), order(2, 'ETH-USD'), order(3, 'BTC-USD')]),
  userFrame([order(1, 'BTC-USD')], {
    perpetual_futures_positions: [{ product_id: 'BIT-28NOV26-CDE', vwap: '1' }],
    expiring_futures_positions: [],
  }),
  envelope('status', 6, {
    type: 'snapshot',
    products: [
      { id: 'BTC-USD', status: 'online' },
      { id: 'SOL-USD', status: 'offline' },
    ],
  }),
  envelope('ticker_batch', 7, { type: 'update', tickers: [ticker('BTC-USD'), ticker('ETH-USD')] }),
  envelope('market_trades', 8, {
    type: 'update',
    trades: [trade('BTC-USD', 2), trade('ETH-USD', 1), trade('ETH-USD', 2), trade('BTC-USD', 1)],
  }),
];

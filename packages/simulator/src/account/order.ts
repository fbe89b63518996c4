import type { Product } from '../market/product-catalog.ts';
import { below, type Random } from '../model/random.ts';
import { decimalText } from '../market/wire-text.ts';

/** One order of the account. Prices in ticks, quantities in units of 10 ** -8. */
export interface Order {
  readonly id: string;
  readonly clientId: string;
  readonly product: Product;
  /** The id it was placed under: the user channel keeps `-USDC`. */
  readonly productId: string;
  readonly side: 'BUY' | 'SELL';
  readonly priceTicks: number;
  readonly quantity: number;
  readonly createdAt: string;
  status: 'PENDING' | 'OPEN' | 'FILLED' | 'CANCELLED';
  filled: number;
  fills: number;
}

/** A limit order near the price the product began with. */
export function placeOrder(
  product: Product,
  productId: string,
  { random, createdAt }: { random: Random; createdAt: string },
): Order {
  const side = random() < 0.5 ? 'BUY' : 'SELL';
  const away = Math.max(1, Math.round(product.startTicks * 0.01 * random()));
  return {
    id: uuid(random),
    clientId: uuid(random),
    product,
    productId,
    side,
    priceTicks: side === 'BUY' ? Math.max(1, product.startTicks - away) : product.startTicks + away,
    quantity: Math.max(2, Math.round(product.usualSize * (0.1 + random()))),
    createdAt,
    status: 'PENDING',
    filled: 0,
    fills: 0,
  };
}

/** Fills a part of what is left, or all of it. */
export function fillOrder(order: Order, random: Random): void {
  const left = order.quantity - order.filled;
  order.filled += random() < 0.4 ? left : 1 + below(random, left);
  order.fills += 1;
  if (order.filled === order.quantity) order.status = 'FILLED';
}

const FEE = 0.004;
const NO_TIME = '0001-01-01T00:00:00Z';

const money = (amount: number): string => decimalText(Math.round(amount * 1e8), 8);

/** As in the user channel: every value a string, keys in the documented order. */
export function orderText(order: Order): string {
  const { product, priceTicks, quantity, filled, side } = order;
  const price = priceTicks / 10 ** product.priceDecimals;
  const value = (filled / 1e8) * price;
  const left = order.status === 'CANCELLED' ? 0 : quantity - filled;
  const hold = side === 'BUY' ? (left / 1e8) * price * (1 + FEE) : left / 1e8;
  const priceText = decimalText(priceTicks, product.priceDecimals);
  return JSON.stringify({
    avg_price: filled === 0 ? '0' : priceText,
    cancel_reason: order.status === 'CANCELLED' ? 'User requested cancel' : '',
    client_order_id: order.clientId,
    completion_percentage: ((100 * filled) / quantity).toFixed(2),
    contract_expiry_type: 'UNKNOWN_CONTRACT_EXPIRY_TYPE',
    cumulative_quantity: decimalText(filled, 8),
    filled_value: money(value),
    leaves_quantity: decimalText(left, 8),
    limit_price: priceText,
    number_of_fills: String(order.fills),
    order_id: order.id,
    order_side: side,
    order_type: 'Limit',
    outstanding_hold_amount: money(hold),
    post_only: 'false',
    product_id: order.productId,
    product_type: 'SPOT',
    reject_reason: '',
    retail_portfolio_id: '11111111-2222-5333-8444-555555555555',
    risk_managed_by: 'UNKNOWN_RISK_MANAGEMENT_TYPE',
    status: order.status,
    stop_price: '',
    time_in_force: 'GOOD_UNTIL_CANCELLED',
    total_fees: money(value * FEE),
    total_value_after_fees: money(side === 'BUY' ? value * (1 + FEE) : value * (1 - FEE)),
    trigger_status: 'INVALID_ORDER_TYPE',
    creation_time: order.createdAt,
    end_time: NO_TIME,
    start_time: NO_TIME,
  });
}

/** Drawn from the seeded generator. */
export function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => below(random, 16).toString(16)).join('');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return `${parts.join('-')}-${hex.slice(20)}`;
}

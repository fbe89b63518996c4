import type { Publish } from '../market/product-market.ts';
import { LazyPublication } from '../market/publication.ts';
import { describeProduct } from '../market/product-catalog.ts';
import { below, createRandom } from '../model/random.ts';
import { MS, type TimeText } from '../market/wire-text.ts';
import { balanceEvent } from './futures-balance.ts';
import { fillOrder, type Order, orderText, placeOrder, uuid } from './order.ts';

/** The one account behind every key: orders come, are filled in parts and end; the futures balance moves. */
export interface Account {
  nextAt(): number;
  step(publish: Publish): void;
  /** What a subscription begins with. No products: all of them. */
  readonly start: (channel: PrivateChannel, products: readonly string[]) => AccountStart;
}

/** What begins a subscription of a private channel, and the id that its acknowledgement shows. */
export interface AccountStart {
  readonly id: string;
  readonly events: readonly string[];
}

type PrivateChannel = 'user' | 'futures_balance_summary';

export interface AccountSettings {
  readonly seed: number;
  readonly products: readonly string[];
  /** How many orders are open at the beginning, and about how many stay open. */
  readonly openOrders: number;
  readonly time: TimeText;
}

/** Time between two changes of orders. */
const ORDER_PERIOD = 400 * MS;
const ORDERS_IN_A_FRAME = 50;
const BALANCE_PERIOD = 3_000 * MS;
const NO_POSITIONS =
  '"positions":{"perpetual_futures_positions":[],"expiring_futures_positions":[],"prediction_market_positions":[]}';

export function createAccount({ seed, products, openOrders, time }: AccountSettings): Account {
  const random = createRandom(seed, 'account');
  const userId = uuid(random);
  const balanceId = uuid(random);
  const tradable = products.flatMap((id) =>
    id.endsWith('-USD') ? [[id, id] as const, [id, `${id}C`] as const] : [[id, id] as const],
  );
  const open: Order[] = [];
  let orderAt = 150 * MS;
  let balanceAt = 2_207 * MS;
  let unrealized = 0;

  const place = (at: number): Order | undefined => {
    const choice = tradable[below(random, tradable.length)];
    if (choice === undefined) return undefined;
    const [product, productId] = choice;
    const order = placeOrder(describeProduct(product), productId, { random, createdAt: time.micros(at) });
    open.push(order);
    return order;
  };
  for (let index = 0; index < openOrders; index += 1) {
    const order = place(-60_000 * MS);
    if (order !== undefined) order.status = 'OPEN';
  }

  /** One change of one order: a pending one opens, an open one is filled or cancelled, or a new one is placed. */
  const change = (at: number): Order | undefined => {
    const pending = open.find(({ status }) => status === 'PENDING');
    if (pending !== undefined) {
      pending.status = 'OPEN';
      return pending;
    }
    if (open.length <= openOrders) return place(at);
    const order = open[below(random, open.length)];
    if (order === undefined) return undefined;
    if (random() < 0.2) order.status = 'CANCELLED';
    else fillOrder(order, random);
    if (order.status !== 'OPEN') open.splice(open.indexOf(order), 1);
    return order;
  };

  const stepOrders = (publish: Publish): void => {
    const at = orderAt;
    orderAt += ORDER_PERIOD;
    const order = change(at);
    if (order === undefined) return;
    publish(
      new LazyPublication(
        at,
        'user',
        order.productId,
        () => `{"type":"update","orders":[${orderText(order)}]}`,
      ),
    );
  };
  const stepBalance = (publish: Publish): void => {
    const at = balanceAt;
    balanceAt += BALANCE_PERIOD;
    unrealized += below(random, 20_001) - 10_000;
    publish(new LazyPublication(at, 'futures_balance_summary', '', () => balanceEvent('update', unrealized)));
  };

  return {
    nextAt: () => Math.min(orderAt, balanceAt),
    step(publish) {
      if (orderAt <= balanceAt) stepOrders(publish);
      else stepBalance(publish);
    },
    start(channel, wanted) {
      if (channel === 'futures_balance_summary')
        return { id: balanceId, events: [balanceEvent('snapshot', unrealized)] };
      const orders = open.filter(({ productId }) => wanted.length === 0 || wanted.includes(productId));
      const events: string[] = [];
      // A frame with fewer than fifty orders is the last, so exactly fifty are followed by an empty one.
      for (let from = 0; from <= orders.length; from += ORDERS_IN_A_FRAME) {
        const batch = orders.slice(from, from + ORDERS_IN_A_FRAME).map(orderText);
        events.push(`{"type":"snapshot","orders":[${batch.join(',')}],${NO_POSITIONS}}`);
      }
      return { id: userId, events };
    },
  };
}

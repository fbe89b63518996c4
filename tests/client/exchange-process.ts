// An exchange in a process of its own, to be stopped, killed or left alone. Takes its options as JSON and says its
// URL on the channel; then it takes orders.
import { type Fault, startExchange, type StartOptions } from '@feedtape/simulator';

/** Strike once, everybody who is connected; or show the pages of some connections, by number. */
export type Order = { readonly strike: Fault } | { readonly pages: readonly number[] };

const options = JSON.parse(process.argv[2] ?? '{}') as StartOptions;
const exchange = await startExchange({ depth: 50, ...options });
process.on('message', (order: Order) => {
  if ('strike' in order) exchange.faults.inject(order.strike);
  else
    process.send?.(
      order.pages.map((number) => ({ frames: exchange.ledger.connections[number]?.frames ?? [] })),
    );
});
process.send?.(exchange.url);
process.on('disconnect', () => process.exit());

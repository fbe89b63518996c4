import { createAccount } from '../account/account.ts';
import type { Clock } from '../model/clock.ts';
import { type Backing, createExchangeCore, type ExchangeCore } from './exchange-core.ts';
import { createMarket } from '../market/market.ts';
import type { Publication } from '../market/publication.ts';
import type { ResolvedOptions } from './options.ts';
import type { Connection } from '../connection/connection.ts';
import { createSubscriptions } from '../connection/subscriptions.ts';
import type { Supply } from '../connection/supply.ts';
import { createTimeline } from './simulation.ts';
import { createTimeText, type TimeText } from '../market/wire-text.ts';

/** An exchange with a seeded market and one account behind it. */
export function createMarketExchange(options: ResolvedOptions, clock: Clock): ExchangeCore {
  const time = createTimeText(options.epochMs);
  const connections = new Set<Connection>();
  const backing = createMarketBacking(options, clock, { time, connections });
  return createExchangeCore({ options, clock, time, connections, backing });
}

interface Surroundings {
  readonly time: TimeText;
  readonly connections: ReadonlySet<Connection>;
}

function createMarketBacking(
  { seed, products, depth, openOrders, timings, limits, pace }: ResolvedOptions,
  clock: Clock,
  { time, connections }: Surroundings,
): Backing {
  const market = createMarket(products, { seed, depth, time });
  const account = createAccount({ seed, products, openOrders, time });
  const supply: Supply = {
    lists: market.lists,
    snapshot: market.snapshot,
    account: account.start,
    heartbeatTime: time.go,
  };

  const publishToAll = (publication: Publication): void => {
    for (const connection of connections) connection.publish(publication);
  };
  /** The largest that `figure` gives for any connection. */
  const most = (figure: (connection: Connection) => number): number => {
    let largest = 0;
    for (const connection of connections) largest = Math.max(largest, figure(connection));
    return largest;
  };
  const nextDue = (): number => {
    let at = Number.POSITIVE_INFINITY;
    for (const { subscriptions } of connections) at = Math.min(at, subscriptions.nextAt());
    return at;
  };

  const timeline = createTimeline(
    {
      nextAt: () => Math.min(nextDue(), market.nextAt(), account.nextAt()),
      isWatched() {
        for (const { subscriptions } of connections)
          if (subscriptions.channels.size > 0 || subscriptions.nextAt() < Number.POSITIVE_INFINITY)
            return true;
        return false;
      },
      step() {
        // At one instant, subscriptions act before the market moves on.
        const at = nextDue();
        const next = Math.min(market.nextAt(), account.nextAt());
        if (at <= next) {
          for (const { subscriptions } of connections) subscriptions.advance(at);
          return at;
        }
        if (market.nextAt() === next) market.step(publishToAll);
        else account.step(publishToAll);
        return next;
      },
      skip(to) {
        market.skip(to);
        while (account.nextAt() < to) account.step(publishToAll);
      },
      begin: time.begin,
      flush() {
        for (const connection of connections) connection.flush();
      },
      bufferedBytes: () => most(({ link }) => link.bufferedBytes()),
      framesSent: () => most((connection) => connection.sent()),
    },
    clock,
    pace,
  );

  return {
    openSubscriptions: ({ endpoint, random, outlet }) =>
      createSubscriptions({
        endpoint,
        supply,
        timings,
        mostLevel2Products: limits.level2Products,
        random,
        send: outlet.send,
        sendError: outlet.sendError,
      }),
    now: () => timeline.now(),
    beforeMessage: () => timeline.catchUp(),
    afterMessage: () => timeline.schedule(),
    drained: () => timeline.drained(),
    stop: () => timeline.stop(),
  };
}

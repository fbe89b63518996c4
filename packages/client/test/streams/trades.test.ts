import { openFeed, trades, type TradeItem, type TradesOptions } from '@feedtape/client';
import { expect, test } from 'vitest';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, Stage, type StageSocket } from '../stage.ts';

const trade = (id: number): Record<string, string> => ({
  trade_id: String(id),
  product_id: 'BTC-USD',
  price: '1',
  size: '1',
  time: '2026-09-30T02:39:53.1Z',
  side: 'BUY',
});

/** Newest first, as the exchange sends them. */
const send = (socket: StageSocket, ids: readonly number[], type = 'update'): void =>
  socket.frame('market_trades', [{ type, trades: ids.toReversed().map(trade) }]);

async function start(redundancy: 1 | 2, options: TradesOptions = {}) {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, loyal);
  beatForever(stage);
  const feed = openFeed({
    url: 'ws://127.0.0.1:1',
    subscriptions: [{ channel: 'market_trades', productIds: ['BTC-USD'] }],
    redundancy,
    transport: stage,
    clock,
    random: () => 0.5,
  });
  const seen: TradeItem[] = [];
  void (async () => {
    for await (const item of trades(feed, options)) seen.push(item);
  })();
  await clock.pass(1_000);
  const told = (): string[] =>
    seen.map((item) =>
      item.kind === 'trade'
        ? `${item.trade.trade_id}${item.late ? ' late' : ''}`
        : `missing ${item.from}-${item.to} (${item.count})`,
    );
  return { clock, stage, feed, told };
}

test('every trade is delivered once, oldest first, and a hole in the ids is reported', async () => {
  const { clock, stage, told } = await start(1);
  send(stage.last, [10, 11, 12], 'snapshot');
  send(stage.last, [13, 14]);
  send(stage.last, [14, 15]);
  send(stage.last, [18]);
  await clock.pass(10);
  expect(told()).toEqual(['10', '11', '12', '13', '14', '15', '18', 'missing 16-17 (2)']);
});

test('the snapshot after a reconnect fills what the outage cost', async () => {
  const { clock, stage, told } = await start(1);
  send(stage.last, [1, 2]);
  stage.last.end(1006);
  await clock.pass(5_000);
  send(stage.last, [1, 2, 3, 4, 5], 'snapshot');
  await clock.pass(10);
  expect(told()).toEqual(['1', '2', '3', '4', '5']);
});

test('two lines: a trade that one of them lost is not missing, and none comes twice', async () => {
  const { clock, stage, told } = await start(2);
  const [a, b] = stage.sockets;
  if (a === undefined || b === undefined) throw new Error('two sockets');
  send(a, [1, 2]);
  send(b, [1, 2]);
  send(a, [5]);
  send(b, [3, 4, 5]);
  await clock.pass(10);
  expect(told()).toEqual(['1', '2', '5', '3 late', '4 late']);
});

test('two lines: what both lost is missing as soon as the second has passed it, or is gone', async () => {
  const { clock, stage, told } = await start(2);
  const [a, b] = stage.sockets;
  if (a === undefined || b === undefined) throw new Error('two sockets');
  send(a, [1]);
  send(b, [1]);
  send(a, [4]);
  await clock.pass(10);
  expect(told()).toEqual(['1', '4']);
  send(b, [3, 4, 5]);
  await clock.pass(10);
  expect(told()).toEqual(['1', '4', '3 late', '5', 'missing 2-2 (1)']);
  send(a, [8]);
  b.end(1006);
  await clock.pass(10);
  expect(told().slice(5)).toEqual(['8', 'missing 6-7 (2)']);
});

test('missing trades are backfilled as late trades, once each', async () => {
  const asked: string[] = [];
  const { clock, stage, told } = await start(1, {
    backfill: async ({ from, to }) => {
      asked.push(`${from}-${to}`);
      return [trade(2), trade(3), trade(4)] as never;
    },
  });
  send(stage.last, [1]);
  send(stage.last, [4]);
  await clock.pass(10);
  await clock.pass(10);
  expect(asked).toEqual(['2-3']);
  expect(told()).toEqual(['1', '4', 'missing 2-3 (2)', '2 late', '3 late']);
});

test('a failed backfill is reported, and the stream goes on', async () => {
  const errors: unknown[] = [];
  const { clock, stage, told } = await start(1, {
    backfill: () => Promise.reject(new Error('503')),
    onBackfillError: (error) => errors.push(error),
  });
  send(stage.last, [1]);
  send(stage.last, [3]);
  await clock.pass(10);
  send(stage.last, [4]);
  await clock.pass(10);
  expect(errors).toMatchObject([{ message: '503' }]);
  expect(told()).toEqual(['1', '3', 'missing 2-2 (1)', '4']);
});

// @module-tag slow

import { openFeed } from '@feedtape/client';
import { expect, test } from 'vitest';
import { LEVEL2, run } from '../collected.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { loyal, Stage, type StageSocket } from '../stage.ts';

const status = (code: number) => ({ code: `HTTP_${code}`, status: code, message: `HTTP ${code}` });
const products = (count: number): string[] => Array.from({ length: count }, (_, index) => `P${index}-USD`);

test.for(Array.from({ length: 14 }, (_, index) => index + 1))(
  '%i connections refused at one instant are one failure, and three such instants end the feed',
  async (connections) => {
    const { clock, stage, ended, of } = run(
      { subscriptions: [{ channel: 'level2', productIds: products(30 * connections) }] },
      (socket) => socket.fail(status(403)),
    );
    await clock.pass(20_000);
    expect(ended()).toBeUndefined();
    await clock.pass(24 * 3_600_000);
    expect(ended()).toMatchObject({ code: 'CLIENT_AUTH_FAILED', details: { attempts: 3 } });
    const refusals = of('disconnected').map(({ at }) => at);
    const instants = refusals.filter((at, index) => index === 0 || at - (refusals[index - 1] ?? 0) > 20_000);
    expect(instants).toHaveLength(3);
    expect(stage.live).toEqual([]);
  },
);

test.for([401, 403])(
  'HTTP %i weeks apart, each followed by a healthy connection, ends nothing',
  async (code) => {
    const WEEK = 7 * 24 * 3_600_000;
    const clock = new SimulatedClock();
    let refuse = 0;
    const stage = new Stage(clock, (socket) => {
      if (refuse > 0) {
        refuse -= 1;
        socket.fail(status(code));
      } else loyal(socket);
    });
    let ended: unknown;
    const feed = openFeed({
      url: 'ws://127.0.0.1:1',
      subscriptions: LEVEL2,
      transport: stage,
      clock,
      random: () => 0.5,
      // Nothing beats here: weeks are too many seconds.
      timeouts: { staleMs: Infinity, silenceMs: Infinity },
    });
    void feed.consume(() => {}).catch((error: unknown) => (ended = error));
    for (let time = 0; time < 10; time += 1) {
      await clock.pass(WEEK);
      refuse = 1;
      stage.last.end(1006);
      await clock.pass(120_000);
      expect(stage.last.served.get('level2')?.size).toBe(2);
    }
    expect(ended).toBeUndefined();
    expect(stage.sockets).toHaveLength(21);
  },
);

test('one rejected connection does not keep the others from being opened', async () => {
  const { clock, stage, ended } = run(
    { subscriptions: [{ channel: 'level2', productIds: products(120) }] },
    (socket) => (stage.sockets.indexOf(socket) === 2 ? socket.fail(status(403)) : loyal(socket)),
  );
  await clock.pass(120_000);
  expect(ended()).toBeUndefined();
  expect(stage.live).toHaveLength(4);
});

test.for([404, 400, 302])('one HTTP %i at one new connection does not end a healthy feed', async (code) => {
  const { clock, stage, feed, ended } = run({ subscriptions: LEVEL2 }, (socket) =>
    stage.sockets.indexOf(socket) === 1 ? socket.fail(status(code)) : loyal(socket),
  );
  await clock.pass(1_000);
  feed.subscribe({ channel: 'level2', productIds: products(29) });
  await clock.pass(120_000);
  expect(ended()).toBeUndefined();
  expect(stage.live.flatMap(({ served }) => [...(served.get('level2') ?? [])])).toHaveLength(31);
});

test('a URL that never worked still ends the feed at once', async () => {
  const { clock, ended } = run({ subscriptions: LEVEL2 }, (socket: StageSocket) => socket.fail(status(404)));
  await clock.pass(1_000);
  expect(ended()).toMatchObject({ code: 'CLIENT_GAVE_UP' });
});

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { startExchange, type StartOptions } from '@feedtape/simulator';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Bench, Work } from './measure.ts';
import { mixedTraffic, SHORT_MIX } from './traffic.ts';

const FRAMES = 300_000;
const WARM_UP = 200_000;
const HIGH_WATER = 1024 * 1024;

const read = (port: number): void => {
  const reader = fork(new URL('exchange-reader.ts', import.meta.url), [String(port)]);
  reader.unref();
  reader.channel?.unref();
};

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** The exchange at full speed, measured from a moment when it runs already. */
const exchange = (options: StartOptions) => async (): Promise<Work> => {
  const running = await startExchange({ seed: 1, speed: 'max', ...options });
  read(running.port);
  while ((running.ledger.connections[0]?.sent ?? 0) < WARM_UP) await pause(20);
  const sent = (): number => running.ledger.connections[0]?.sent ?? 0;
  const before = sent();
  return async () => {
    while (sent() < before + FRAMES) await pause(5);
    const frames = sent() - before;
    await running.close();
    return frames;
  };
};

/** What a mock server by hand does: frames made beforehand, `send` for each. */
const byHand = async (): Promise<Work> => {
  const frames = Array.from(mixedTraffic(SHORT_MIX), (text) => Buffer.from(text));
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const connected = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  const address = server.address();
  read(typeof address === 'object' ? (address?.port ?? 0) : 0);
  const socket = await connected;
  return async () => {
    for (let index = 0; index < FRAMES; index += 1) {
      socket.send(frames[index % frames.length] ?? '', { binary: false });
      if (index % 500 === 0) await pause(0);
      while (socket.bufferedAmount > HIGH_WATER) await pause(1);
    }
    socket.terminate();
    server.close();
    return FRAMES;
  };
};

/** Full speed: what a frame costs the process that makes and sends it. The client is another process. */
export const exchangeAtFullSpeed: Bench = {
  title: 'The simulated exchange at full speed',
  unit: 'frame',
  subjects: {
    'ws: send() of frames made beforehand': byHand,
    'simulator: made, numbered, in the ledger, sent': exchange({ depth: 1_000 }),
    'simulator, no entries in the ledger': exchange({ depth: 1_000, ledger: { frames: 0 } }),
    'simulator, books of 30,000 levels': exchange({ depth: 30_000 }),
  },
  warmUps: 0,
  notes: [
    'Ten products, level2 + market_trades + ticker + heartbeats on one connection, about 620 B a frame.',
    'Frames a second on one core are 10^9 divided by CPU ns a frame.',
  ],
};

import { WebSocketServer } from 'ws';
import { mixedTraffic, SHORT_MIX, type TrafficOptions } from './traffic.ts';

// A WebSocket server in its own process, so that its work is not measured: sends the traffic mix, a message a
// frame, as fast as the client takes it. `?rounds=N` says how often, the first argument (JSON) how the mix differs.

const HIGH_WATER_BYTES = 1024 * 1024;
const mix = { ...SHORT_MIX, ...(JSON.parse(process.argv[2] ?? '{}') as TrafficOptions) };
const frames = Array.from(mixedTraffic(mix), (text) => Buffer.from(text));
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

server.on('connection', (socket, request) => {
  let left =
    Number(new URL(request.url ?? '/', 'ws://localhost').searchParams.get('rounds') ?? 1) * frames.length;
  const send = (): void => {
    while (left > 0 && socket.bufferedAmount < HIGH_WATER_BYTES) {
      socket.send(frames[frames.length - 1 - ((left - 1) % frames.length)] as Buffer, { binary: false });
      left -= 1;
    }
    if (left > 0 && socket.readyState === socket.OPEN) setImmediate(send);
  };
  send();
});

server.on('listening', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : undefined);
});
process.on('disconnect', () => process.exit());

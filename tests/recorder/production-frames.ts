import { readFileSync } from 'node:fs';
import { WebSocketServer, type WebSocket } from 'ws';
import { onTestFinished } from 'vitest';

const capture = new URL(
  '../../packages/protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv',
  import.meta.url,
);

/** The 34 consecutive frames of a production session, byte for byte. Their origin is told beside the file. */
export const productionFrames: readonly Buffer[] = readFileSync(capture, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => Buffer.from(line.slice(line.indexOf('\t') + 1)));

/**
 * A WebSocket server that answers the first subscribe with the given frames, in order, and then stays
 * silent but open. It shares nothing with the simulator: it only repeats what production sent.
 */
export async function serveFrames(frames: readonly Buffer[]): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket: WebSocket) => {
    socket.once('message', () => {
      for (const frame of frames) socket.send(frame, { binary: false });
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return `ws://127.0.0.1:${port}`;
}

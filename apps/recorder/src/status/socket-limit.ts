import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps at most `limit` sockets open, each for one request. For a new one beyond that, the socket goes that has waited
 * longest without a request being answered on it, or else the oldest: neither sockets that never finish a request nor
 * those that never read an answer can keep others out.
 */
export function limitSockets(server: Server, limit: number): void {
  const open = new Set<Socket>();
  /** Without a request that is being answered, longest first. */
  const waiting = new Set<Socket>();
  // Many requests sent at once on one socket would all be answered, however little of it is read.
  server.maxRequestsPerSocket = 1;
  server.on('connection', (socket: Socket) => {
    const [longest] = open.size < limit ? [] : waiting.size > 0 ? waiting : open;
    if (longest !== undefined) {
      longest.destroy();
      forget(longest);
    }
    open.add(socket);
    waiting.add(socket);
    socket.on('close', () => forget(socket));
  });
  server.on('request', ({ socket }, response) => {
    waiting.delete(socket);
    response.on('close', () => {
      if (open.has(socket)) waiting.add(socket);
    });
  });

  function forget(socket: Socket): void {
    open.delete(socket);
    waiting.delete(socket);
  }
}

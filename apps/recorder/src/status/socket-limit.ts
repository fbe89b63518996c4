import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps at most `limit` sockets open. For a new one beyond that, the socket goes that has waited longest without a
 * request being answered on it: sockets that never finish a request cannot keep others out.
 */
export function limitSockets(server: Server, limit: number): void {
  const open = new Set<Socket>();
  /** Without a request that is being answered, longest first. */
  const waiting = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (open.size >= limit) {
      const [longest = socket] = waiting;
      longest.destroy();
      forget(longest);
      if (longest === socket) return;
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

import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';

export interface SocketLimits {
  /** Maximum number of open sockets. */
  readonly sockets: number;
  /** Bytes of a request's first line and headers. */
  readonly headBytes: number;
  /** Milliseconds for them to arrive. */
  readonly headMs: number;
}

/** Bytes after the first request that are discarded before the socket is closed, so that its answer arrives. */
const MAX_UNASKED = 64 * 1024;

const HEAD_END = Buffer.from('\r\n\r\n');

export interface AdmittedSockets {
  /** What listens. */
  readonly listener: Server;
  readonly destroyAll: () => void;
}

/**
 * Accepts sockets for an HTTP server that does not listen itself, and passes it one request of each. Node parses all
 * pipelined requests of a chunk, even if all but the first are refused; therefore only the head of the first is passed
 * on, and the rest is discarded unparsed.
 *
 * Beyond the limit a new socket replaces the one that has waited longest without a request being answered, or else the
 * oldest. Neither unfinished requests nor unread answers keep others out.
 */
export function admitSockets(http: HttpServer, limits: SocketLimits): AdmittedSockets {
  const open = new Set<Socket>();
  /** Without a request that is being answered, longest first. */
  const waiting = new Set<Socket>();
  // Announces in the answer that the socket will be closed.
  http.maxRequestsPerSocket = 1;
  http.on('request', ({ socket }, response) => {
    dropTheRest(socket);
    waiting.delete(socket);
    response.on('close', () => {
      if (open.has(socket)) waiting.add(socket);
    });
  });
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const [longest] = open.size < limits.sockets ? [] : waiting.size > 0 ? waiting : open;
    if (longest !== undefined) {
      longest.destroy();
      forget(longest);
    }
    open.add(socket);
    waiting.add(socket);
    socket.on('close', () => forget(socket)).on('error', () => socket.destroy());
    readHead(socket, limits, (head) => {
      socket.pause().unshift(head);
      http.emit('connection', socket);
      socket.resume();
      // The parser ignores some heads, such as an empty line.
      setImmediate(() => {
        if (waiting.has(socket)) socket.destroySoon();
      });
    });
  });
  const destroyAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return { listener, destroyAll };

  function forget(socket: Socket): void {
    open.delete(socket);
    waiting.delete(socket);
  }
}

/** Reads the bytes up to the end of the headers, or up to the limit. */
function readHead(socket: Socket, { headBytes, headMs }: SocketLimits, done: (head: Buffer) => void): void {
  let head = Buffer.alloc(0);
  const overdue = setTimeout(() => socket.destroy(), headMs);
  const read = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(HEAD_END);
    if (end === -1 && head.length <= headBytes) return;
    stop();
    done(end === -1 ? head.subarray(0, headBytes + 1) : head.subarray(0, end + HEAD_END.length));
  };
  const stop = (): void => {
    clearTimeout(overdue);
    socket.off('data', read).off('end', end).off('close', stop);
  };
  const end = (): void => void socket.destroy();
  socket.on('data', read).on('end', end).on('close', stop);
}

/** Discards further bytes of the socket instead of parsing them, and thereby notices when the peer closes. */
function dropTheRest(socket: Socket): void {
  let unasked = 0;
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    unasked += chunk.length;
    if (unasked > MAX_UNASKED) socket.destroy();
  });
}

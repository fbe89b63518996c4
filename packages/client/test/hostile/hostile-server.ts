import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';

/** A server of raw bytes, for everything that a WebSocket library would not let us say. */
export class HostileServer implements AsyncDisposable {
  readonly #server: Server;
  readonly sockets = new Set<Socket>();
  /** When each connection came, on the machine's clock. */
  readonly connections: number[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param behave gets every socket after the request's head was read, with the answer that accepts it. */
  static async start(
    behave: (socket: Socket, accept: string, count: number) => void,
    wrap: (listener: (socket: Socket) => void) => Server = createServer,
  ): Promise<HostileServer> {
    const server = wrap((socket) => {
      hostile.sockets.add(socket);
      hostile.connections.push(performance.now());
      const count = hostile.connections.length;
      socket.on('error', () => socket.destroy());
      socket.on('close', () => hostile.sockets.delete(socket));
      let head = '';
      const read = (chunk: Buffer): void => {
        head += chunk.toString('latin1');
        if (!head.includes('\r\n\r\n')) return;
        socket.off('data', read);
        behave(socket, accepting(head), count);
      };
      socket.on('data', read);
    });
    const hostile = new HostileServer(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return hostile;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

function accepting(head: string): string {
  const [, key = ''] = /sec-websocket-key: *(\S+)/i.exec(head) ?? [];
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** One WebSocket frame from a server. */
export function wire(payload: Buffer | string, { opcode = 0x1, fin = true, rsv = 0 } = {}): Buffer {
  const body = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | rsv | opcode;
  if (body.length < 126) return Buffer.concat([Buffer.of(first, body.length), body]);
  const head = Buffer.alloc(body.length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = body.length < 65_536 ? 126 : 127;
  if (body.length < 65_536) head.writeUInt16BE(body.length, 2);
  else head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, body]);
}

export const closing = (code: number): Buffer => {
  const body = Buffer.alloc(2);
  body.writeUInt16BE(code);
  return wire(body, { opcode: 0x8 });
};

/** A frame of the exchange's with a number. */
export const numbered = (sequence: number, channel = 'ticker', events: readonly unknown[] = []): string =>
  JSON.stringify({ channel, timestamp: '2026-09-30T02:39:53.1Z', sequence_num: sequence, events });

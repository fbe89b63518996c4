import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Link } from '../session/connection.ts';

const CHUNK_BYTES = 128 * 1024;
const LONGEST_HEADER = 10;
const TEXT = 0x81;
const BINARY = 0x82;

/**
 * Frames for one `ws` connection, written past it: a server's frames need no mask, so that a header and the
 * payload, many of them in one write, are all there is to it. Reading and the closing handshake stay with `ws`.
 */
export function createWebSocketLink(webSocket: WebSocket, socket: Socket): Link {
  let chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let used = 0;

  const isOpen = (): boolean => webSocket.readyState === webSocket.OPEN && !socket.destroyed;
  const flush = (): void => {
    if (used === 0) return;
    if (isOpen()) socket.write(chunk.subarray(0, used));
    // The socket keeps what it was given until the kernel takes it.
    chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    used = 0;
  };

  return {
    get bufferedBytes() {
      return socket.writableLength + used;
    },
    frame(payload, binary) {
      if (!isOpen()) return;
      if (used + LONGEST_HEADER + payload.length > CHUNK_BYTES) flush();
      used += writeHeader(chunk, used, binary ? BINARY : TEXT, payload.length);
      if (payload.length > CHUNK_BYTES - used) {
        flush();
        socket.write(payload);
        return;
      }
      chunk.set(payload, used);
      used += payload.length;
    },
    flush,
    close(code, reason) {
      flush();
      webSocket.close(code, reason);
    },
    terminate() {
      flush();
      socket.end();
    },
  };
}

/** An unmasked, unfragmented frame's header (RFC 6455, section 5.2). Returns its length. */
function writeHeader(target: Buffer, at: number, opcode: number, length: number): number {
  target[at] = opcode;
  if (length < 126) {
    target[at + 1] = length;
    return 2;
  }
  if (length < 0x1_0000) {
    target[at + 1] = 126;
    target.writeUInt16BE(length, at + 2);
    return 4;
  }
  target[at + 1] = 127;
  target.writeUInt32BE(Math.floor(length / 0x1_0000_0000), at + 2);
  target.writeUInt32BE(length >>> 0, at + 6);
  return 10;
}

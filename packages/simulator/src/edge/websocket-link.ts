import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock } from '../model/clock.ts';
import type { Link } from '../connection/link.ts';

const CHUNK_BYTES = 128 * 1024;
/** Chunks a socket keeps to write again; more are only there while it lags behind. */
const SPARE_CHUNKS = 12;
const LONGEST_HEADER = 10;
const TEXT = 0x81;
const BINARY = 0x82;
const DRIP_MS = 5;

/**
 * Frames for one `ws` connection, written past it: a server's frames need no mask, so that a header and the
 * payload, many of them in one write, are all there is to it. Reading and the closing handshake stay with `ws`.
 */
export function createWebSocketLink(webSocket: WebSocket, socket: Socket, clock: Clock): Link {
  let chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const spares: Buffer<ArrayBuffer>[] = [];
  let used = 0;
  let stalled = false;
  let dripping = false;
  /** What waits for a dripping frame to be through. */
  const queued: (() => void)[] = [];

  const isOpen = (): boolean => !stalled && webSocket.readyState === webSocket.OPEN && !socket.destroyed;
  const flush = (): void => {
    if (used === 0) return;
    if (isOpen()) {
      const written = chunk;
      // The socket keeps what it was given until the kernel takes it.
      socket.write(chunk.subarray(0, used), () => {
        if (spares.length < SPARE_CHUNKS) spares.push(written);
      });
      chunk = spares.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    }
    used = 0;
  };
  const append = (payload: Uint8Array, binary: boolean): void => {
    if (used + LONGEST_HEADER + payload.length > CHUNK_BYTES) flush();
    used += writeHeader(chunk, used, binary ? BINARY : TEXT, payload.length);
    if (payload.length > CHUNK_BYTES - used) {
      flush();
      socket.write(payload);
      return;
    }
    chunk.set(payload, used);
    used += payload.length;
  };

  const appendAscii = (text: string): Uint8Array => {
    if (used + LONGEST_HEADER + text.length > CHUNK_BYTES) flush();
    if (LONGEST_HEADER + text.length > CHUNK_BYTES) {
      const bytes = Buffer.from(text, 'latin1');
      append(bytes, false);
      return bytes;
    }
    used += writeHeader(chunk, used, TEXT, text.length);
    const start = used;
    used += chunk.write(text, start, 'latin1');
    return chunk.subarray(start, used);
  };

  const drip = (payload: Uint8Array, binary: boolean, bytesPerSecond: number): void => {
    flush();
    const frame = Buffer.allocUnsafe(LONGEST_HEADER + payload.length);
    const header = writeHeader(frame, 0, binary ? BINARY : TEXT, payload.length);
    frame.set(payload, header);
    const length = header + payload.length;
    const startedAt = clock.now();
    let written = 0;
    dripping = true;
    const next = (): void => {
      if (!isOpen()) return;
      const due = Math.min(length, Math.floor(((clock.now() - startedAt) * bytesPerSecond) / 1000) + 1);
      for (; written < due; written += 1) socket.write(frame.subarray(written, written + 1));
      if (written < length) clock.setTimeout(next, DRIP_MS);
      else resume();
    };
    next();
  };
  const resume = (): void => {
    dripping = false;
    // Another dripping frame among what waited makes the rest wait again.
    for (let action = queued.shift(); action !== undefined; action = dripping ? undefined : queued.shift())
      action();
    if (!dripping) flush();
  };
  const inTurn = (action: () => void): void => {
    if (dripping) queued.push(action);
    else action();
  };

  return {
    bufferedBytes: () => socket.writableLength + used,
    frame(payload, binary, bytesPerSecond) {
      inTurn(() => {
        if (!isOpen()) return;
        if (bytesPerSecond === undefined) append(payload, binary);
        else drip(payload, binary, bytesPerSecond);
      });
    },
    asciiFrame(text) {
      if (!dripping && isOpen()) return appendAscii(text);
      const bytes = Buffer.from(text, 'latin1');
      if (dripping) queued.push(() => append(bytes, false));
      return bytes;
    },
    flush() {
      if (!dripping) flush();
    },
    close(code, reason) {
      inTurn(() => {
        // One writev: a client reads the data and the close frame together.
        socket.cork();
        flush();
        if (!stalled) webSocket.close(code, reason);
        socket.uncork();
      });
    },
    terminate() {
      inTurn(() => {
        flush();
        socket.end();
      });
    },
    reset() {
      flush();
      socket.resetAndDestroy();
    },
    stall() {
      flush();
      stalled = true;
      webSocket.pause();
      socket.pause();
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

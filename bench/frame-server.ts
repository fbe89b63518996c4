import type { Writable } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { mixedTraffic, SHORT_MIX, type TrafficOptions } from './traffic.ts';

// A WebSocket server in its own process, so that its work is not measured: sends the traffic mix, a message a
// frame, as fast as the client takes it. `?rounds=N` says how often, `?piece=N` that the stream is written in pieces
// of N bytes instead, `?frames=N&pace=M` that N frames come, M a second; the first argument (JSON) says how the mix
// differs.

const HIGH_WATER_BYTES = 1024 * 1024;
const mix = { ...SHORT_MIX, ...(JSON.parse(process.argv[2] ?? '{}') as TrafficOptions) };
const frames = Array.from(mixedTraffic(mix), (text) => Buffer.from(text));
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

server.on('connection', (socket, request) => {
  const query = new URL(request.url ?? '/', 'ws://localhost').searchParams;
  const rounds = Number(query.get('rounds') ?? 1);
  const pieceBytes = query.get('piece');
  const pace = query.get('pace');
  if (pace !== null) sendAtPace(socket, Number(query.get('frames')), Number(pace));
  else if (pieceBytes === null) sendEach(socket, rounds);
  else writePieces(request.socket, rounds, Number(pieceBytes));
});

function sendEach(socket: WebSocket, rounds: number): void {
  let left = rounds * frames.length;
  const send = (): void => {
    while (left > 0 && socket.bufferedAmount < HIGH_WATER_BYTES) {
      socket.send(frames[frames.length - 1 - ((left - 1) % frames.length)] as Buffer, { binary: false });
      left -= 1;
    }
    if (left > 0 && socket.readyState === socket.OPEN) setImmediate(send);
  };
  send();
}

/** What is due, every millisecond: updates only, as they come long after the snapshots. */
function sendAtPace(socket: WebSocket, count: number, perSecond: number): void {
  const updates = frames.slice(mix.products);
  const startMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(count, Math.floor(((performance.now() - startMs) * perSecond) / 1000));
    for (; sent < due; sent += 1) socket.send(updates[sent % updates.length] as Buffer, { binary: false });
    if (sent === count || socket.readyState !== socket.OPEN) clearInterval(timer);
  }, 1);
}

/** The same stream, cut without regard to where a frame ends: many frames a write, as a busy exchange sends them. */
function writePieces(socket: Writable, rounds: number, pieceBytes: number): void {
  const stream = Buffer.concat(frames.flatMap((frame) => [headOf(frame.length), frame]));
  let left = rounds;
  let at = 0;
  const write = (): void => {
    while (left > 0 && !socket.destroyed) {
      const more = socket.write(stream.subarray(at, at + pieceBytes));
      at += pieceBytes;
      if (at >= stream.length) {
        at = 0;
        left -= 1;
      }
      if (!more) return void socket.once('drain', write);
    }
  };
  write();
}

/** The head of an unmasked text frame (RFC 6455, section 5.2). */
function headOf(bytes: number): Buffer {
  if (bytes < 126) return Buffer.from([0x81, bytes]);
  if (bytes < 65_536) return Buffer.from([0x81, 126, bytes >> 8, bytes & 0xff]);
  const head = Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(bytes, 6);
  return head;
}

server.on('listening', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : undefined);
});
process.on('disconnect', () => process.exit());

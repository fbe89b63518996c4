import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { mixedTraffic, SHORT_MIX } from './traffic.ts';

// A WebSocket server in its own process, so that its work is nobody's: it has every frame ready as bytes of
// the wire and writes them as fast as the client reads. `?rounds=N` says how often.

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CHUNK_BYTES = 64 * 1024;

function onTheWire(text: string): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length;
  if (length < 126) return Buffer.concat([Buffer.of(0x81, length), payload]);
  const head = length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
  head[0] = 0x81;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

const wire = Buffer.concat(Array.from(mixedTraffic(SHORT_MIX), onTheWire));
const server = createServer();

server.on('upgrade', (request, socket) => {
  const key = String(request.headers['sec-websocket-key']);
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let left = Number(new URL(request.url ?? '/', 'ws://localhost').searchParams.get('rounds') ?? 1);
  let at = 0;
  const send = (): void => {
    while (left > 0) {
      const chunk = wire.subarray(at, at + CHUNK_BYTES);
      at += chunk.length;
      if (at === wire.length) {
        at = 0;
        left -= 1;
      }
      if (!socket.write(chunk)) return;
    }
  };
  socket.on('drain', send).on('error', () => undefined);
  send();
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : undefined);
});
process.on('disconnect', () => process.exit());

import { connect } from 'node:net';

// A client in its own process that asks for everything and looks at nothing: what is measured is the exchange.
// Usage: exchange-reader.ts PORT

const PRODUCTS = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'ADA', 'LTC', 'LINK', 'AVAX', 'BCH'];
const port = Number(process.argv[2]);
const socket = connect(port, '127.0.0.1');

/** A text frame of fewer than 64 KiB, masked with zeros. */
function frame(message: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(message));
  const header = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([header, payload]);
}

socket.write(
  `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
);
socket.once('data', () => {
  const ids = PRODUCTS.map((base) => `${base}-USD`);
  for (const channel of ['level2', 'market_trades', 'ticker'])
    socket.write(frame({ type: 'subscribe', channel, product_ids: ids }));
  socket.write(frame({ type: 'subscribe', channel: 'heartbeats' }));
  socket.resume();
});
socket.on('close', () => process.exit()).on('error', () => process.exit());
process.on('disconnect', () => process.exit());

import { startExchange } from '@feedtape/simulator';

// #region exchange
const exchange = await startExchange({
  seed: 7,
  products: ['BTC-USD'],
  faults: [{ fault: { kind: 'drop' }, channel: 'l2_data', fromFrame: 3 }],
});

const socket = new WebSocket(exchange.url); // any client, in any language
socket.onopen = () =>
  socket.send(JSON.stringify({ type: 'subscribe', channel: 'level2', product_ids: ['BTC-USD'] }));

const numbers: number[] = [];
await new Promise<void>((resolve) => {
  socket.onmessage = ({ data }) => {
    numbers.push((JSON.parse(String(data)) as { sequence_num: number }).sequence_num);
    if (numbers.length === 6) resolve();
  };
});
console.log('received', numbers.join(' '));

const [page] = exchange.ledger.connections;
const lost = page?.frames.filter((entry) => entry.kind === 'dropped').map(({ sequence }) => sequence);
console.log('the ledger says that', lost?.join(), 'was lost');
socket.close();
await exchange.close();
// #endregion

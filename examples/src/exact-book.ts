// Builds a book from level2 frames and loses one of them.
// #region book
import { createBook } from '@feedtape/book';
import { decode } from '@feedtape/protocol';

const book = createBook('BTC-USD');

function receive(frame: string): void {
  const decoded = decode(frame);
  if (decoded.kind === 'message' && decoded.channel === 'l2_data') book.apply(decoded.message.events);
}

receive(frameOf(0, 'snapshot', ['bid', '83277.25', '0.00715626'], ['offer', '83277.26', '0.40000001']));
console.log(book.top, book.mid);

receive(frameOf(1, 'update', ['bid', '83277.25', '0'], ['bid', '83277.1', '2']));
console.log(book.bestBid, book.spread);

book.markStale('gap'); // frame 2 went missing
console.log(book.top, book.bestBid);
// #endregion

function frameOf(sequence: number, type: string, ...levels: readonly (readonly string[])[]): string {
  const updates = levels.map(([side, price_level, new_quantity]) => ({
    side,
    event_time: '2026-09-30T02:39:53.407329Z',
    price_level,
    new_quantity,
  }));
  return JSON.stringify({
    channel: 'l2_data',
    timestamp: '2026-09-30T02:39:53.670986313Z',
    sequence_num: sequence,
    events: [{ type, product_id: 'BTC-USD', updates }],
  });
}

import type { ConnectionLedger, SentFrame } from '@feedtape/simulator';

// What a book should hold, from what the exchange says it sent: plain JSON and text, no code of the client's, the
// protocol's or the book's.

interface Level {
  readonly side: string;
  readonly price_level: string;
  readonly new_quantity: string;
}

interface Level2Frame {
  readonly channel?: string;
  readonly events?: readonly {
    readonly type: string;
    readonly product_id: string;
    readonly updates: readonly Level[];
  }[];
}

const text = new TextDecoder();

/**
 * The levels of a product after the first frames that were sent on a connection, as `side price` → size. Undefined when no
 * snapshot was sent, or when a fault touched a frame since: then what arrived is not what this knows.
 */
export function bookInLedger(
  page: ConnectionLedger,
  productId: string,
  received: number,
): ReadonlyMap<string, string> | undefined {
  let book: Map<string, string> | undefined;
  let sent = 0;
  for (const entry of page.frames) {
    if (entry.kind !== 'sent') {
      book = undefined;
      continue;
    }
    sent += 1;
    if (sent > received) break;
    if (entry.channel !== 'l2_data' && !entry.changed) continue;
    const frame = entry.changed || entry.faults.length > 0 ? undefined : parse(entry);
    if (frame === undefined) book = undefined;
    for (const { type, product_id: product, updates } of frame?.events ?? []) {
      if (product !== productId) continue;
      if (type === 'snapshot') book = new Map();
      for (const { side, price_level: price, new_quantity: size } of updates) {
        const key = `${side === 'bid' ? 'bid' : 'ask'} ${Number(price)}`;
        if (Number(size) === 0) book?.delete(key);
        else book?.set(key, String(Number(size)));
      }
    }
  }
  return book;
}

function parse({ bytes }: SentFrame): Level2Frame | undefined {
  if (bytes === undefined) return undefined;
  return JSON.parse(text.decode(bytes)) as Level2Frame;
}

import { type Book, createBook } from '@feedtape/book';
import {
  createLevel2Decoder,
  decode,
  type Level2Batch,
  type Level2BatchEvent,
  type Level2Event,
} from '@feedtape/protocol';
import type { Bench, Work } from './measure.ts';
import { MapSide, type PlainSide, TreeSide } from './plain-books.ts';
import { FULL_MIX, mixedTraffic } from './traffic.ts';

const MIX = { ...FULL_MIX, frames: 100_000 };

/** All level2 frames of the mix as decoded events, and the same as integers in shared columns. */
function level2Traffic(): { events: Level2Event[]; batches: Level2Batch[] } {
  const decodeBatch = createLevel2Decoder();
  const encoder = new TextEncoder();
  const events: Level2Event[] = [];
  const parts: { sequence: number; event: Level2BatchEvent; columns: Level2Batch }[] = [];
  for (const text of mixedTraffic(MIX)) {
    const decoded = decode(text);
    if (decoded.kind !== 'message' || decoded.channel !== 'l2_data') continue;
    events.push(...decoded.message.events);
    const batch = decodeBatch(encoder.encode(text));
    if (batch === undefined) throw new Error('a level2 frame of the mix does not fit the columns');
    for (const event of batch.events)
      parts.push({ sequence: batch.sequence, event, columns: copyOf(batch, event) });
  }
  const batches = parts.map(({ sequence, event, columns }) => ({
    ...columns,
    sequence,
    events: [{ ...event, from: 0, to: event.to - event.from }],
  }));
  return { events, batches };
}

const copyOf = (batch: Level2Batch, { from, to }: Level2BatchEvent): Level2Batch => ({
  ...batch,
  side: batch.side.slice(from, to),
  price: batch.price.slice(from, to),
  priceDecimals: batch.priceDecimals.slice(from, to),
  size: batch.size.slice(from, to),
  sizeDecimals: batch.sizeDecimals.slice(from, to),
});

interface PlainBook {
  readonly bid: PlainSide;
  readonly offer: PlainSide;
}

function applyPlain({ bid, offer }: PlainBook, event: Level2Event): void {
  for (const { side, price_level, new_quantity } of event.updates) {
    const levels = side === 'bid' ? bid : offer;
    const size = Number(new_quantity);
    if (size === 0) levels.delete(Number(price_level));
    else levels.set(Number(price_level), size);
  }
  // What every consumer asks next; ours has to look too, for a crossed book.
  bid.best();
  offer.best();
}

function plain(make: () => PlainBook, kind: 'snapshot' | 'update'): Work {
  const { events } = level2Traffic();
  const books = new Map<string, PlainBook>();
  if (kind === 'update') {
    for (const event of events.filter(({ type }) => type === 'snapshot')) {
      books.set(event.product_id, make());
      applyPlain(books.get(event.product_id)!, event);
    }
  }
  const measured = events.filter(({ type }) => type === kind);
  return () => {
    for (const event of measured) {
      const book = kind === 'snapshot' ? make() : books.get(event.product_id)!;
      applyPlain(book, event);
    }
    return measured.reduce((sum, { updates }) => sum + updates.length, 0);
  };
}

function ours(kind: 'snapshot' | 'update', form: 'events' | 'batches'): Work {
  const { events, batches } = level2Traffic();
  const books = new Map<string, Book>();
  for (const event of events.filter(({ type }) => type === 'snapshot')) {
    const book = createBook(event.product_id);
    book.apply(event);
    books.set(event.product_id, book);
  }
  const measuredEvents = events.filter(({ type }) => type === kind);
  const measuredBatches = batches.filter(({ events: [event] }) => event?.type === kind);
  return () => {
    if (form === 'events') for (const event of measuredEvents) books.get(event.product_id)?.apply(event);
    else for (const batch of measuredBatches) books.get(batch.events[0]?.productId ?? '')?.applyBatch(batch);
    for (const book of books.values()) if (book.status !== 'fresh') throw new Error('a book went stale');
    return measuredEvents.reduce((sum, { updates }) => sum + updates.length, 0);
  };
}

const mapBook = (): PlainBook => ({ bid: new MapSide(1), offer: new MapSide(-1) });
const treeBook = (): PlainBook => ({ bid: new TreeSide(1), offer: new TreeSide(-1) });

const contenders = (kind: 'snapshot' | 'update'): Bench['subjects'] => ({
  'Map + sorted array, floats, from decoded events': () => plain(mapBook, kind),
  'sorted-btree 2.1.0, floats, from decoded events': () => plain(treeBook, kind),
  'book.apply(events), exact': () => ours(kind, 'events'),
  'book.applyBatch(integers), exact': () => ours(kind, 'batches'),
});

/** Updates of books that are already loaded. */
export const updates: Bench = {
  title: 'Apply level2 updates of the traffic mix',
  unit: 'level',
  subjects: contenders('update'),
  warmUps: 3,
  notes: [
    '10 products, snapshots of 30,000 levels each loaded before; best prices are looked at after each frame.',
  ],
};

/** Snapshots into books. */
export const snapshots: Bench = {
  title: 'Load level2 snapshots',
  unit: 'level',
  subjects: contenders('snapshot'),
  warmUps: 3,
  notes: ['10 snapshots of 30,000 levels.'],
};

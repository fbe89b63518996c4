// Bytes per level of the same book in several forms, each in a fresh process:
// node --conditions=@feedtape/source bench/book-memory.bench.ts
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createBook } from '@feedtape/book';
import type { Level2Event } from '@feedtape/protocol';
import { MapSide, type PlainSide, TreeSide } from './plain-books.ts';

const BOOKS = 10;
const LEVELS_A_SIDE = 50_000;

const priceOf = (index: number, bid: boolean): number => 8_000_000 + (bid ? -index : index + 1);

// Cast, because prices and sizes are branded texts that only decoding makes.
const snapshot = (): Level2Event =>
  ({
    type: 'snapshot',
    product_id: 'BTC-USD',
    updates: Array.from({ length: LEVELS_A_SIDE * 2 }, (_, index) => ({
      side: index < LEVELS_A_SIDE ? 'bid' : 'offer',
      event_time: '',
      price_level: String(priceOf(index % LEVELS_A_SIDE, index < LEVELS_A_SIDE) / 100),
      new_quantity: String((index + 1) / 1e6),
    })),
    // The decimals are plain strings here: the brand is given by the decoder, which is not measured.
  }) as unknown as Level2Event;

function plain(make: (sign: 1 | -1) => PlainSide): unknown {
  const sides = [make(1), make(-1)] as const;
  for (const { side, price_level, new_quantity } of snapshot().updates)
    sides[side === 'bid' ? 0 : 1].set(Number(price_level), Number(new_quantity));
  return sides;
}

const forms: Readonly<Record<string, () => unknown>> = {
  'Map + sorted array': () => plain((sign) => new MapSide(sign)),
  'sorted-btree 2.1.0': () => plain((sign) => new TreeSide(sign)),
  '@feedtape/book': () => {
    const book = createBook('BTC-USD');
    book.apply(snapshot());
    return book;
  },
};

const held = (): number => {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const form = forms[process.argv[2] ?? ''];
if (form === undefined) {
  for (const name of Object.keys(forms)) {
    const program = fileURLToPath(import.meta.url);
    const { stdout } = spawnSync(
      process.execPath,
      ['--conditions=@feedtape/source', '--expose-gc', program, name],
      { encoding: 'utf8' },
    );
    console.log(`${name}: ${stdout.trim()} bytes a level`);
  }
} else {
  form();
  const before = held();
  const books = Array.from({ length: BOOKS }, form);
  console.log(((held() - before) / (books.length * LEVELS_A_SIDE * 2)).toFixed(1));
}

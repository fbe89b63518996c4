// @module-tag slow
// @module-tag seeded

import { expect, test } from 'vitest';
import { type Book, createBook } from '@feedtape/book';
import type { Level2Event } from '@feedtape/protocol';
import { createSequencer } from '@feedtape/sequencer';
import { OracleMarket } from './oracle-market.ts';

const { FEED_SEED: given, FEEDTAPE_SEED: fixed, FEEDTAPE_TIMES: times = '1' } = process.env;
const steps = 200_000 * Number(times);
const seed = Number(given ?? fixed);

/** A frame together with what was true when it was sent. */
interface Sent {
  readonly sequence: number;
  readonly event: Level2Event;
  readonly bid: number | undefined;
  readonly ask: number | undefined;
  /** On some frames only, because listing them is slow. */
  readonly levels: readonly string[] | undefined;
}

/** What a careful consumer does with the frames of one connection after the other, and how often each thing happened. */
class Consumer {
  readonly books: readonly Book[];
  readonly lies: string[] = [];
  readonly seen = { fresh: 0, stale: 0, late: 0, duplicate: 0, becameStale: 0, disconnects: 0 };
  readonly #sequencer = createSequencer();

  constructor(productIds: readonly string[]) {
    this.books = productIds.map((productId) => createBook(productId));
  }

  receive(sent: Sent): void {
    const { kind } = this.#sequencer.push(sent.sequence);
    if (kind === 'gap') for (const book of this.books) book.markStale('gap');
    if (kind === 'late' || kind === 'duplicate') {
      this.seen[kind] += 1;
      return;
    }
    for (const book of this.books) {
      if (book.productId !== sent.event.product_id) continue;
      if (book.apply(sent.event) === 'became-stale') this.seen.becameStale += 1;
      if (book.status === 'fresh') this.#compare(book, sent);
      else this.seen.stale += 1;
    }
  }

  disconnect(): void {
    this.seen.disconnects += 1;
    this.#sequencer.close();
    for (const book of this.books) book.markStale('disconnect');
  }

  #compare(book: Book, { sequence, bid, ask, levels }: Sent): void {
    this.seen.fresh += 1;
    if (bid !== undefined && ask !== undefined && bid >= ask)
      this.lies.push(`fresh and crossed at ${sequence}`);
    const held = `${book.bestBid?.price} to ${book.bestAsk?.price}`;
    if (held !== `${bid} to ${ask}`) this.lies.push(`${held} instead of ${bid} to ${ask} at ${sequence}`);
    if (levels === undefined) return;
    const rows = (['bid', 'offer'] as const).flatMap((side) =>
      Array.from(book.levels(side) ?? [], ({ price, size }) => `${side} ${price}: ${size}`),
    );
    if (rows.join() !== levels.join()) this.lies.push(`other levels at ${sequence}`);
  }
}

test(
  `${steps} steps of loss, repetition, delay, crossing and disconnects: no book says fresh and lies (FEED_SEED=${seed})`,
  { timeout: 900_000 },
  () => {
    let state = (seed ^ 0x9e3779b9) | 1;
    const next = (): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 0;
    };
    const oneIn = (count: number): boolean => next() % count === 0;
    const markets = ['A-USD', 'B-USD'].map((productId) => new OracleMarket(productId, next));
    const consumer = new Consumer(['A-USD', 'B-USD']);
    const delayed: Sent[] = [];
    let sequence = 0;

    for (let step = 0; step < steps; step += 1) {
      const which = next() % 2;
      const market = markets[which]!;
      // A stale book is subscribed anew after a while; its snapshot is as much at risk as any other frame.
      const wantsSnapshot = consumer.books[which]!.status !== 'fresh' && oneIn(8);
      const event = wantsSnapshot ? market.snapshot() : oneIn(500) ? market.cross() : market.change();
      const { bestBid: bid, bestAsk: ask } = market;
      const sent = { sequence, event, bid, ask, levels: oneIn(64) ? market.levels : undefined };
      sequence += 1;
      if (oneIn(100)) delayed.push(sent);
      else if (!oneIn(100)) consumer.receive(sent);
      if (oneIn(150)) consumer.receive(sent);
      if (delayed.length > 0 && oneIn(5)) consumer.receive(delayed.shift()!);
      if (oneIn(1_000)) {
        consumer.disconnect();
        delayed.length = 0;
        sequence = 0;
      }
    }

    expect(consumer.lies).toEqual([]);
    // Nothing of this proves anything unless all of it happened, and often.
    const rare = Object.entries(consumer.seen).filter(([, count]) => count < 100);
    expect(rare).toEqual([]);
  },
);

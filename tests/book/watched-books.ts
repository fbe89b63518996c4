import { type Book, createBook } from '@feedtape/book';
import { decode } from '@feedtape/protocol';
import { type Sequencer, type Verdict, createSequencer } from '@feedtape/sequencer';

/**
 * A connection's frames through sequencer and books, by the rules of docs/sequence-numbers.md: every frame is
 * counted, a gap makes all books stale, and only frames that come in their turn are applied.
 */
export class WatchedBooks {
  readonly sequencer: Sequencer = createSequencer();
  readonly verdicts: Verdict[] = [];
  readonly #books = new Map<string, Book>();

  book(productId: string): Book {
    const book = this.#books.get(productId) ?? createBook(productId);
    this.#books.set(productId, book);
    return book;
  }

  get books(): readonly Book[] {
    return [...this.#books.values()];
  }

  receive(frame: string): void {
    const decoded = decode(frame);
    const verdict = this.sequencer.push('sequence' in decoded ? decoded.sequence : undefined);
    this.verdicts.push(verdict);
    if (verdict.kind === 'gap') for (const book of this.books) book.markStale('gap');
    const inTurn = verdict.kind === 'first' || verdict.kind === 'next' || verdict.kind === 'gap';
    if (!inTurn || decoded.kind !== 'message' || decoded.channel !== 'l2_data') return;
    for (const productId of new Set(decoded.message.events.map(({ product_id }) => product_id)))
      this.book(productId).apply(decoded.message.events);
  }

  disconnect(): void {
    this.sequencer.close();
    for (const book of this.books) book.markStale('disconnect');
  }
}

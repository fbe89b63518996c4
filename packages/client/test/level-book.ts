import type { BookLike } from '@feedtape/client';
import type { Level2Batch } from '@feedtape/protocol';

/** A book of plain numbers, sides mixed: enough to see what was applied. */
export class LevelBook implements BookLike {
  status: 'empty' | 'fresh' | 'stale' = 'empty';
  readonly productId: string;
  readonly levels = new Map<number, number>();

  constructor(productId: string) {
    this.productId = productId;
  }

  apply(): void {
    throw new Error('only batches here');
  }

  applyBatch({ events, price, priceDecimals, size }: Level2Batch): void {
    for (const { type, productId, from, to } of events) {
      if (productId !== this.productId) continue;
      if (type === 'snapshot') {
        this.levels.clear();
        this.status = 'fresh';
      } else if (this.status === 'empty') continue;
      for (let level = from; level < to; level += 1)
        this.levels.set((price[level] ?? 0) / 10 ** (priceDecimals[level] ?? 0), size[level] ?? 0);
    }
  }

  markStale(): void {
    if (this.status === 'fresh') this.status = 'stale';
  }
}

export const createBook = (productId: string): LevelBook => new LevelBook(productId);

import type { SequenceRange } from './verdict.ts';

const INITIAL_CAPACITY = 8;

/**
 * The gaps that are still open: disjoint ranges in ascending order, at most `limit` of them. Kept in typed
 * arrays, so that a search is binary and a split moves memory instead of objects.
 */
export class OpenRanges {
  readonly #limit: number;
  #from: Float64Array = new Float64Array(0);
  #to: Float64Array = new Float64Array(0);
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** The position of the range that holds a number, or -1. */
  indexOf(sequence: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#to[middle]! < sequence) low = middle + 1;
      else high = middle;
    }
    return low < this.#size && this.#from[low]! <= sequence ? low : -1;
  }

  /** Adds a range above all others. Returns the range that had to be forgotten for it. */
  append(from: number, to: number): SequenceRange | undefined {
    return this.#insert(this.#size, from, to);
  }

  /** Takes one number out of the range at `index`. Returns the range that a split made us forget. */
  remove(index: number, sequence: number): SequenceRange | undefined {
    const from = this.#from[index]!;
    const to = this.#to[index]!;
    if (from === to) {
      this.#from.copyWithin(index, index + 1, this.#size);
      this.#to.copyWithin(index, index + 1, this.#size);
      this.#size -= 1;
    } else if (sequence === from) {
      this.#from[index] = sequence + 1;
    } else if (sequence === to) {
      this.#to[index] = sequence - 1;
    } else {
      this.#from[index] = sequence + 1;
      return this.#insert(index, from, sequence - 1);
    }
    return undefined;
  }

  clear(): void {
    this.#size = 0;
  }

  toArray(): SequenceRange[] {
    return Array.from({ length: this.#size }, (_, index) => ({
      from: this.#from[index]!,
      to: this.#to[index]!,
    }));
  }

  #insert(index: number, from: number, to: number): SequenceRange | undefined {
    if (this.#size < this.#limit) {
      this.#grow();
      this.#from.copyWithin(index + 1, index, this.#size);
      this.#to.copyWithin(index + 1, index, this.#size);
      this.#from[index] = from;
      this.#to[index] = to;
      this.#size += 1;
      return undefined;
    }
    // Full: the lowest range goes, which may be the new one itself, and the others move down over it.
    if (index === 0) return { from, to };
    const forgotten = { from: this.#from[0]!, to: this.#to[0]! };
    this.#from.copyWithin(0, 1, index);
    this.#to.copyWithin(0, 1, index);
    this.#from[index - 1] = from;
    this.#to[index - 1] = to;
    return forgotten;
  }

  #grow(): void {
    if (this.#size < this.#from.length) return;
    const capacity = Math.min(this.#limit, Math.max(INITIAL_CAPACITY, this.#size * 2));
    const grown = [this.#from, this.#to].map((old) => {
      const copy = new Float64Array(capacity);
      copy.set(old);
      return copy;
    });
    [this.#from, this.#to] = grown as [Float64Array, Float64Array];
  }
}

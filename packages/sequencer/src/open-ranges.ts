import type { SequenceRange } from './verdict.ts';

const INITIAL_CAPACITY = 8;

/**
 * Open gaps: disjoint ranges in ascending order, at most `limit`. Kept in typed arrays with room on both sides: search
 * is binary, a split moves memory instead of objects, and appending and dropping the lowest take constant time.
 */
export class OpenRanges {
  readonly #limit: number;
  #from: Float64Array = new Float64Array(0);
  #to: Float64Array = new Float64Array(0);
  #head = 0;
  #tail = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Index of the range that contains a number, or -1. Valid until the ranges change. */
  find(sequence: number): number {
    let low = this.#head;
    let high = this.#tail;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#to[middle]! < sequence) low = middle + 1;
      else high = middle;
    }
    return low < this.#tail && this.#from[low]! <= sequence ? low : -1;
  }

  /** Appends a range above all others. Returns the range dropped to make room. */
  append(from: number, to: number): SequenceRange | undefined {
    const forgotten = this.#tail - this.#head === this.#limit ? this.#dropLowest() : undefined;
    this.#makeRoom();
    this.#put(this.#tail, from, to);
    this.#tail += 1;
    return forgotten;
  }

  /** Removes one number from the range at an index. Returns the range dropped because of a split. */
  remove(found: number, sequence: number): SequenceRange | undefined {
    const from = this.#from[found]!;
    const to = this.#to[found]!;
    if (from === to) this.#close(found);
    else if (sequence === from) this.#from[found] = sequence + 1;
    else if (sequence === to) this.#to[found] = sequence - 1;
    else return this.#split(found, sequence);
    return undefined;
  }

  clear(): void {
    this.#head = 0;
    this.#tail = 0;
  }

  toArray(): SequenceRange[] {
    return Array.from({ length: this.#tail - this.#head }, (_, index) => this.#rangeAt(this.#head + index));
  }

  #rangeAt(index: number): SequenceRange {
    return { from: this.#from[index]!, to: this.#to[index]! };
  }

  #put(index: number, from: number, to: number): void {
    this.#from[index] = from;
    this.#to[index] = to;
  }

  #dropLowest(): SequenceRange {
    this.#head += 1;
    return this.#rangeAt(this.#head - 1);
  }

  #close(index: number): void {
    this.#move(this.#head + 1, this.#head, index);
    this.#head += 1;
  }

  #split(found: number, sequence: number): SequenceRange | undefined {
    const lower = { from: this.#from[found]!, to: sequence - 1 };
    this.#from[found] = sequence + 1;
    if (this.#tail - this.#head === this.#limit) {
      // Full: drops the lowest range, which may be the lower part itself, and moves those between down.
      if (found === this.#head) return lower;
      const forgotten = this.#rangeAt(this.#head);
      this.#move(this.#head, this.#head + 1, found);
      this.#put(found - 1, lower.from, lower.to);
      return forgotten;
    }
    const index = found - this.#makeRoom();
    this.#move(index + 1, index, this.#tail);
    this.#put(index, lower.from, lower.to);
    this.#tail += 1;
    return undefined;
  }

  #move(target: number, start: number, end: number): void {
    this.#from.copyWithin(target, start, end);
    this.#to.copyWithin(target, start, end);
  }

  /** Makes room for one more range at the end. Returns by how many places the ranges moved down. */
  #makeRoom(): number {
    const capacity = this.#from.length;
    if (this.#tail < capacity) return 0;
    const moved = this.#head;
    if (moved * 2 < capacity || capacity === 0) this.#grow(Math.max(INITIAL_CAPACITY, capacity * 2));
    this.#move(0, moved, this.#tail);
    this.#head = 0;
    this.#tail -= moved;
    return moved;
  }

  #grow(capacity: number): void {
    const [from, to] = [this.#from, this.#to];
    this.#from = new Float64Array(capacity);
    this.#to = new Float64Array(capacity);
    this.#from.set(from);
    this.#to.set(to);
  }
}

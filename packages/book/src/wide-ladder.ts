import type { Ladder } from './ladder.ts';

/** A ladder over integers of any size: slower than blocks of doubles, but exact above 2^53-1. */
export class WideLadder implements Ladder<bigint> {
  readonly #keys: bigint[];
  readonly #sizes: bigint[];

  constructor(sizes: ReadonlyMap<bigint, bigint>) {
    this.#keys = [...sizes.keys()].toSorted((a, b) => (a < b ? -1 : 1));
    this.#sizes = this.#keys.map((key) => sizes.get(key) ?? 0n);
  }

  get levels(): number {
    return this.#keys.length;
  }

  get bestKey(): bigint | undefined {
    return this.#keys.at(-1);
  }

  get bestSize(): bigint | undefined {
    return this.#sizes.at(-1);
  }

  set(key: bigint, size: bigint): void {
    const index = this.#indexOf(key);
    if (this.#keys[index] === key) {
      this.#sizes[index] = size;
      return;
    }
    this.#keys.splice(index, 0, key);
    this.#sizes.splice(index, 0, size);
  }

  delete(key: bigint): void {
    const index = this.#indexOf(key);
    if (this.#keys[index] !== key) return;
    this.#keys.splice(index, 1);
    this.#sizes.splice(index, 1);
  }

  *entries(): Generator<readonly [bigint, bigint], void, void> {
    for (let index = this.#keys.length - 1; index >= 0; index -= 1)
      yield [this.#keys[index]!, this.#sizes[index]!];
  }

  #indexOf(key: bigint): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

import sortedBtree from 'sorted-btree';

/** A side of an order book as it is usually written: floats, best price last. */
export interface PlainSide {
  set(price: number, size: number): void;
  delete(price: number): void;
  best(): number | undefined;
  readonly levels: number;
}

/** Sizes in a Map, prices in an array that binary search keeps sorted. */
export class MapSide implements PlainSide {
  readonly #sign: 1 | -1;
  readonly #sizes = new Map<number, number>();
  readonly #keys: number[] = [];

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  get levels(): number {
    return this.#sizes.size;
  }

  set(price: number, size: number): void {
    if (!this.#sizes.has(price)) this.#keys.splice(this.#indexOf(price), 0, price * this.#sign);
    this.#sizes.set(price, size);
  }

  delete(price: number): void {
    if (this.#sizes.delete(price)) this.#keys.splice(this.#indexOf(price), 1);
  }

  best(): number | undefined {
    return this.#keys.at(-1);
  }

  #indexOf(price: number): number {
    const key = price * this.#sign;
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

/** The library sorted-btree. */
export class TreeSide implements PlainSide {
  readonly #sign: 1 | -1;
  // A CommonJS module: its default export is a property of ours.
  readonly #tree = new sortedBtree.default<number, number>(undefined, (a, b) => a - b);

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  get levels(): number {
    return this.#tree.size;
  }

  set(price: number, size: number): void {
    this.#tree.set(price * this.#sign, size);
  }

  delete(price: number): void {
    this.#tree.delete(price * this.#sign);
  }

  best(): number | undefined {
    return this.#tree.maxKey();
  }
}

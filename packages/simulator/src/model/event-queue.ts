interface Slot<T> {
  readonly at: number;
  readonly order: number;
  readonly entry: T;
}

function before<T>(left: Slot<T>, right: Slot<T>): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}

/**
 * A priority queue by time, first in first out for equal times. A binary heap: `add` and `take` are O(log n).
 */
export class EventQueue<T> {
  readonly #heap: Slot<T>[] = [];
  #order = 0;

  /** The time of the next entry; Infinity if the queue is empty. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, entry: T): void {
    const heap = this.#heap;
    const slot = { at, order: this.#order, entry };
    this.#order += 1;
    let index = heap.length;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || before(parent, slot)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = slot;
  }

  /** Removes and returns the next entry. */
  take(): T | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (last !== first) this.#sink(last);
    return first.entry;
  }

  /** Replaces the first slot and restores the heap order. */
  #sink(slot: Slot<T>): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      if (left === undefined) break;
      let smallest = left;
      const right = heap[child + 1];
      if (right !== undefined && before(right, left)) {
        smallest = right;
        child += 1;
      }
      if (!before(smallest, slot)) break;
      heap[index] = smallest;
      index = child;
    }
    heap[index] = slot;
  }
}

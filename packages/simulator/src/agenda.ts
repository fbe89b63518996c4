/** What is due when, soonest first; entries of one instant come out in the order they went in. */
export interface Agenda<T> {
  /** When the soonest entry is due; Infinity when there is none. */
  readonly nextAt: number;
  add(at: number, entry: T): void;
  /** Removes and returns the soonest entry. */
  take(): T | undefined;
}

interface Slot<T> {
  readonly at: number;
  readonly order: number;
  readonly entry: T;
}

const before = <T>(left: Slot<T>, right: Slot<T>): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

/** A binary heap; `add` and `take` are O(log n). */
export function createAgenda<T>(): Agenda<T> {
  const heap: Slot<T>[] = [];
  let order = 0;

  const sinkFrom = (start: number, slot: Slot<T>): void => {
    let index = start;
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
  };

  return {
    get nextAt(): number {
      return heap[0]?.at ?? Number.POSITIVE_INFINITY;
    },
    add(at, entry) {
      const slot = { at, order, entry };
      order += 1;
      let index = heap.length;
      while (index > 0) {
        const parentIndex = (index - 1) >> 1;
        const parent = heap[parentIndex];
        if (parent === undefined || before(parent, slot)) break;
        heap[index] = parent;
        index = parentIndex;
      }
      heap[index] = slot;
    },
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (last !== first) sinkFrom(0, last);
      return first.entry;
    },
  };
}

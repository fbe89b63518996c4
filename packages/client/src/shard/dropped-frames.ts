import type { GapItem } from '../model/item.ts';

/** The frames in a row that were dropped because the queue was full. */
export class DroppedFrames {
  readonly #from: number | undefined;
  #to: number | undefined;
  #count = 0;

  /** @param sequence the number of the first one */
  constructor(sequence: number | undefined) {
    this.#from = sequence;
  }

  add(sequence: number | undefined): void {
    this.#count += 1;
    this.#to = sequence;
  }

  /** The gap they leave, with their numbers where those have no holes. */
  get gap(): Pick<GapItem, 'reason' | 'count' | 'missing'> {
    const [count, from, to] = [this.#count, this.#from, this.#to];
    const known = from !== undefined && to !== undefined && to - from + 1 === count;
    return { reason: 'backpressure', count, ...(known && { missing: { from, to } }) };
  }
}

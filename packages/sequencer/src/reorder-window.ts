import { checkNames, demand, isCount, optionsOf } from './sequencer-options.ts';
import { refusalOf } from './verdict.ts';

export interface ReorderWindowOptions<Item> {
  /** Receives every item exactly once, in order as far as the window reaches. */
  readonly release: (item: Item, sequence: unknown) => void;
  /**
   * Items held back at most, from 0 to 65,536; 0 holds back none.
   * @default 64
   */
  readonly maxItems?: number;
  /**
   * Milliseconds that an item is held back at most, at least 0, on the clock that the caller passes in.
   * @default 250
   */
  readonly maxDelayMs?: number;
  /**
   * The first number, from 0 to 2^53-1, or `'any'` to accept the first one seen.
   * @default 0
   */
  readonly start?: number | 'any';
}

/**
 * Holds back items that arrive early, and releases them in order once the missing ones have arrived, the window is full
 * or an item has waited for `maxDelayMs`. Late items, duplicates and values that are no sequence numbers pass through.
 * A sequencer behind the window returns the verdicts.
 */
export interface ReorderWindow<Item> {
  push(sequence: unknown, item: Item, nowMs: number): void;
  /** Releases items whose time is up. Call it when the clock reaches {@link deadlineMs}. */
  poll(nowMs: number): void;
  /** Releases everything, as at the end of a connection; the next item starts a new epoch. */
  flush(): void;
  /** When the item that has waited longest is released; `undefined` while nothing is held. */
  readonly deadlineMs: number | undefined;
  readonly held: number;
}

/**
 * Creates a reorder window.
 *
 * @throws SequencerError `SEQUENCER_OPTION_INVALID`
 *
 * @example
 * ```ts
 * const sequencer = createSequencer();
 * const window = createReorderWindow<string>({ release: (frame, sequence) => sequencer.push(sequence) });
 * window.push(0, 'a', performance.now());
 * ```
 */
export function createReorderWindow<Item>(options: ReorderWindowOptions<Item>): ReorderWindow<Item> {
  return new Window(options);
}

interface Held<Item> {
  readonly sequence: number;
  readonly item: Item;
  readonly sinceMs: number;
}

class Window<Item> implements ReorderWindow<Item> {
  readonly #release: (item: Item, sequence: unknown) => void;
  readonly #maxItems: number;
  readonly #maxDelayMs: number;
  readonly #start: number | 'any';
  #next: number | 'any';
  /** Ascending, equal numbers in the order they came. */
  readonly #held: Held<Item>[] = [];

  constructor(options: ReorderWindowOptions<Item>) {
    checkNames(options, 'release', 'maxItems', 'maxDelayMs', 'start');
    const { release, maxItems = 64, maxDelayMs = 250, start } = options;
    demand('release', typeof release === 'function', 'a function');
    demand('maxItems', isCount(maxItems) && maxItems <= 65_536, 'an integer from 0 to 65,536');
    demand('maxDelayMs', typeof maxDelayMs === 'number' && maxDelayMs >= 0, 'a number of at least 0');
    this.#release = release;
    this.#maxItems = maxItems;
    this.#maxDelayMs = maxDelayMs;
    this.#start = optionsOf(start === undefined ? {} : { start }).start;
    this.#next = this.#start;
  }

  get held(): number {
    return this.#held.length;
  }

  get deadlineMs(): number | undefined {
    if (this.#held.length === 0) return undefined;
    return this.#held.reduce((least, { sinceMs }) => Math.min(least, sinceMs), Infinity) + this.#maxDelayMs;
  }

  push(sequence: unknown, item: Item, nowMs: number): void {
    this.poll(nowMs);
    if (refusalOf(sequence) !== undefined) {
      this.#release(item, sequence);
      return;
    }
    const number = sequence as number;
    if (this.#next === 'any') this.#next = number;
    if (number > this.#next) {
      this.#hold({ sequence: number, item, sinceMs: nowMs });
      return;
    }
    if (number === this.#next) this.#next += 1;
    this.#release(item, sequence);
    this.#releaseReady();
  }

  poll(nowMs: number): void {
    let due = this.#held.length;
    while (due > 0 && nowMs - this.#held[due - 1]!.sinceMs < this.#maxDelayMs) due -= 1;
    this.#releaseFirst(due);
  }

  flush(): void {
    this.#releaseFirst(this.#held.length);
    this.#next = this.#start;
  }

  #hold(entry: Held<Item>): void {
    const after = this.#held.findLastIndex(({ sequence }) => sequence <= entry.sequence);
    this.#held.splice(after + 1, 0, entry);
    if (this.#held.length > this.#maxItems) this.#releaseFirst(1);
  }

  /** Releases the `count` lowest items and those that follow them without a gap. */
  #releaseFirst(count: number): void {
    for (let left = count; left > 0; left -= 1) this.#releaseLowest();
    this.#releaseReady();
  }

  #releaseReady(): void {
    while (this.#held.length > 0 && this.#held[0]!.sequence <= Number(this.#next)) this.#releaseLowest();
  }

  #releaseLowest(): void {
    const { sequence, item } = this.#held.shift()!;
    if (sequence >= Number(this.#next)) this.#next = sequence + 1;
    this.#release(item, sequence);
  }
}

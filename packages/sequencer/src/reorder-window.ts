import { checkNames, demand, isCount, optionsOf } from './sequencer-options.ts';
import { refusalOf } from './verdict.ts';

export interface ReorderWindowOptions<Item> {
  /** Receives every item exactly once: in order, as far as the window reaches. */
  readonly release: (item: Item, sequence: unknown) => void;
  /**
   * How many items are held back at most; 0 holds none.
   * @default 64
   */
  readonly frames?: number;
  /**
   * How long an item is held back at most, in milliseconds of the clock that the caller passes in.
   * @default 250
   */
  readonly ms?: number;
  /** @default 0 */
  readonly start?: number | 'any';
}

/**
 * Holds frames back that came too early, and releases them in order when the missing ones have come, or as they
 * are when the window is full or a frame has waited too long. It judges nothing: a sequencer behind it does. A
 * frame that comes after its turn, a duplicate, and what is not a sequence number pass straight through.
 */
export interface ReorderWindow<Item> {
  push(sequence: unknown, item: Item, nowMs: number): void;
  /** Releases what has waited too long. Call it when the clock reaches {@link deadlineMs}. */
  poll(nowMs: number): void;
  /** Releases everything, as at the end of a connection; the next item begins a new counting. */
  flush(): void;
  /** When the longest waiting item has to go; `undefined` while nothing is held. */
  readonly deadlineMs: number | undefined;
  readonly held: number;
}

/** @throws SequencerError `SEQUENCER_OPTION_INVALID` */
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
  readonly #frames: number;
  readonly #ms: number;
  readonly #start: number | 'any';
  #next: number | 'any';
  /** Ascending, equal numbers in the order they came. */
  readonly #held: Held<Item>[] = [];

  constructor(options: ReorderWindowOptions<Item>) {
    checkNames(options, 'release', 'frames', 'ms', 'start');
    const { release, frames = 64, ms = 250, start } = options;
    demand('release', typeof release === 'function', 'a function');
    demand('frames', isCount(frames) && frames <= 65_536, 'an integer from 0 to 65,536');
    demand('ms', typeof ms === 'number' && ms >= 0, 'a number of at least 0');
    this.#release = release;
    this.#frames = frames;
    this.#ms = ms;
    this.#start = optionsOf(start === undefined ? {} : { start }).start;
    this.#next = this.#start;
  }

  get held(): number {
    return this.#held.length;
  }

  get deadlineMs(): number | undefined {
    if (this.#held.length === 0) return undefined;
    return this.#held.reduce((least, { sinceMs }) => Math.min(least, sinceMs), Infinity) + this.#ms;
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
    while (due > 0 && nowMs - this.#held[due - 1]!.sinceMs < this.#ms) due -= 1;
    this.#releaseFirst(due);
  }

  flush(): void {
    this.#releaseFirst(this.#held.length);
    this.#next = this.#start;
  }

  #hold(entry: Held<Item>): void {
    const after = this.#held.findLastIndex(({ sequence }) => sequence <= entry.sequence);
    this.#held.splice(after + 1, 0, entry);
    if (this.#held.length > this.#frames) this.#releaseFirst(1);
  }

  /** Gives up waiting for what is missing below the `count` lowest held, which go, and those that follow them. */
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

import { ClientError } from './client-error.ts';
import type { FeedItem } from './feed-item.ts';

/** How much may wait for a slow consumer, and what happens at the limit. */
export interface QueueLimits {
  /** @default 8_388_608 */
  readonly limitBytes: number;
  /** @default 65_536 */
  readonly limitItems: number;
  /**
   * `pause` stops reading from the sockets until half of the queue is consumed; after 30 seconds the connections
   * are given up, with a gap. `drop` goes on reading and drops the newest frames, with a gap.
   * @default 'pause'
   */
  readonly policy: 'pause' | 'drop';
}

type Sink = (item: FeedItem) => void | Promise<void>;

interface Reader {
  readonly name: string;
  /** Items are there, or the end is. */
  wake(): void;
}

/**
 * Where a feed's items leave it: a queue that costs nothing while the consumer keeps up. Frames beyond the limit
 * are never queued silently: the owner is told when to hold the sockets back, and asks before it adds one.
 */
export class Outlet {
  readonly #limits: QueueLimits;
  readonly #hold: (held: boolean) => void;
  #items: FeedItem[] = [];
  #head = 0;
  #bytes = 0;
  #held = false;
  #reader: Reader | undefined;
  #sink: Sink | undefined;
  #sinkBusy = false;
  #fail: (error: unknown) => void = () => {};
  #end: { readonly error?: unknown } | undefined;

  /** @param hold called with `true` when nothing more should be read, with `false` when it may again. */
  constructor(limits: QueueLimits, hold: (held: boolean) => void) {
    this.#limits = limits;
    this.#hold = hold;
  }

  get queuedItems(): number {
    return this.#items.length - this.#head;
  }

  get queuedBytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#bytes >= this.#limits.limitBytes || this.queuedItems >= this.#limits.limitItems;
  }

  /** Half of the limit: where a full queue is called empty enough again. */
  get roomy(): boolean {
    const { limitBytes, limitItems } = this.#limits;
    return this.#bytes <= limitBytes / 2 && this.queuedItems <= limitItems / 2;
  }

  add(item: FeedItem): void {
    if (this.#end !== undefined) return;
    if (this.#sink !== undefined && !this.#sinkBusy && this.#head === this.#items.length) {
      this.#feed(this.#sink, item);
      // The sink may have caused more, the end included.
      if (this.#head !== this.#items.length || this.#end !== undefined) this.#drain();
      return;
    }
    this.#items.push(item);
    if (item.kind === 'frame') this.#bytes += item.bytes.byteLength;
    if (this.full) this.#setHeld(true);
    this.#reader?.wake();
  }

  /** Nothing follows. What is queued can still be read; then the reader is told the error, if there is one. */
  end(error?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = error === undefined ? {} : { error };
    this.#reader?.wake();
    this.#drain();
  }

  /** Forgets what is queued, for a consumer that has left. */
  discard(): void {
    this.#items = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#setHeld(false);
  }

  /** The next item; `undefined` when none is there now. */
  take(): FeedItem | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    if (item.kind === 'frame') this.#bytes -= item.bytes.byteLength;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#relax();
    return item;
  }

  takeAll(): readonly FeedItem[] {
    const items = this.#head === 0 ? this.#items : this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#relax();
    return items;
  }

  /** Whether everything was read and nothing follows. @throws what the feed ended with, once */
  finished(): boolean {
    if (this.#end === undefined || this.queuedItems > 0) return false;
    const { error } = this.#end;
    this.#end = {};
    if (error !== undefined) throw error;
    return true;
  }

  /** Resolves when something can be taken, or nothing will come any more. */
  async arrival(name: string): Promise<void> {
    if (this.queuedItems > 0 || this.#end !== undefined) return;
    this.#claim(name);
    await new Promise<void>((resolve) => {
      this.#reader = {
        name,
        wake: () => {
          this.#reader = undefined;
          resolve();
        },
      };
    });
  }

  /** Hands every item to a sink as it comes, until the end. */
  async pour(sink: Sink): Promise<void> {
    this.#claim('consume()');
    try {
      await new Promise<void>((resolve, reject) => {
        this.#fail = reject;
        this.#reader = { name: 'consume()', wake: () => this.#finish(resolve, reject) };
        this.#sink = sink;
        this.#drain();
      });
    } finally {
      this.#sink = undefined;
      this.#sinkBusy = false;
      this.#reader = undefined;
    }
  }

  #claim(name: string): void {
    if (this.#reader !== undefined) throw new ClientError('CLIENT_BUSY', { reader: this.#reader.name });
    if (this.#sink !== undefined) throw new ClientError('CLIENT_BUSY', { reader: name });
  }

  #finish(resolve: () => void, reject: (error: unknown) => void): void {
    if (this.#sinkBusy || this.#end === undefined || this.queuedItems > 0) return;
    try {
      if (this.finished()) resolve();
    } catch (error) {
      reject(error);
    }
  }

  #feed(sink: Sink, item: FeedItem): void {
    // Busy while the sink runs: what it causes, by closing the feed for example, waits its turn.
    this.#sinkBusy = true;
    try {
      const pending = sink(item);
      if (pending === undefined) {
        this.#sinkBusy = false;
        return;
      }
      this.#setHeld(true);
      void this.#await(pending);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #await(pending: Promise<void>): Promise<void> {
    try {
      await pending;
      this.#sinkBusy = false;
    } catch (error) {
      // The sink stays busy for good: it gets nothing more.
      this.#fail(error);
    }
    this.#drain();
  }

  #drain(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    while (!this.#sinkBusy) {
      const item = this.take();
      if (item === undefined) break;
      this.#feed(sink, item);
    }
    if (this.#sinkBusy) return;
    this.#relax();
    this.#reader?.wake();
  }

  #relax(): void {
    if (this.#held && this.roomy && !this.#sinkBusy) this.#setHeld(false);
  }

  #setHeld(held: boolean): void {
    if (this.#held === held || (held && this.#limits.policy === 'drop' && !this.#sinkBusy)) return;
    this.#held = held;
    this.#hold(held);
  }
}

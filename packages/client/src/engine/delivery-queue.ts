import { ClientError } from '../model/client-error.ts';
import { type FeedItem, weightOf } from '../model/item.ts';
import type { QueueLimits } from '../options/feed-options.ts';

type Sink = (item: FeedItem) => void | Promise<void>;

interface Reader {
  readonly name: string;
  /** Items are there, or the end is. */
  wake(): void;
}

/**
 * Bounded delivery queue with backpressure. Transitions add items; {@link deliver} passes them to a sink between
 * transitions. Notifies its owner when to pause the sockets. The owner checks `dropsFrames` before it adds a frame.
 */
export class DeliveryQueue {
  readonly #limits: QueueLimits;
  readonly #onPauseChange: (paused: boolean) => void;
  #items: FeedItem[] = [];
  #head = 0;
  #bytes = 0;
  #paused = false;
  #reader: Reader | undefined;
  #sink: Sink | undefined;
  #sinkBusy = false;
  #delivering = false;
  #rejectConsumer: (error: unknown) => void = () => {};
  #end: { readonly error?: unknown } | undefined;

  /**
   * @param onPauseChange called with `true` when the sockets must be paused, with `false` when they may be read again
   */
  constructor(limits: QueueLimits, hold: (paused: boolean) => void) {
    this.#limits = limits;
    this.#onPauseChange = hold;
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

  /** Whether frames have to be dropped now. */
  get dropsFrames(): boolean {
    return this.#limits.policy === 'drop' && this.full;
  }

  /** Whether nothing more should be read. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Half of the limit: where a full queue is called empty enough again. */
  get hasRoom(): boolean {
    const { limitBytes, limitItems } = this.#limits;
    return this.#bytes <= limitBytes / 2 && this.queuedItems <= limitItems / 2;
  }

  add(item: FeedItem): void {
    if (this.#end !== undefined) return;
    this.#items.push(item);
    this.#bytes += weightOf(item);
    if (this.#overLimit) this.#setPaused(true);
    if (this.#sink === undefined) this.#reader?.wake();
  }

  /** Ends the queue. Queued items can still be read; after them the reader gets the error, if there is one. */
  end(error?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = error === undefined ? {} : { error };
    if (this.#sink === undefined) this.#reader?.wake();
  }

  /** Hands what is queued to the sink, if there is one and it is not busy. */
  deliver(): void {
    const sink = this.#sink;
    if (sink === undefined || this.#sinkBusy || this.#delivering) return;
    this.#delivering = true;
    for (let item = this.#shift(); item !== undefined; item = this.#isSinkBusy() ? undefined : this.#shift())
      this.#callSink(sink, item);
    this.#delivering = false;
    if (this.#isSinkBusy()) return;
    this.#resumeWithRoom();
    this.#reader?.wake();
  }

  /** Forgets what is queued, for a consumer that has left. */
  discard(): void {
    this.#items = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#setPaused(false);
  }

  /** The next item; `undefined` when none is there now. */
  take(): FeedItem | undefined {
    const item = this.#shift();
    if (item !== undefined) this.#resumeWithRoom();
    return item;
  }

  #shift(): FeedItem | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= weightOf(item);
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  takeAll(): readonly FeedItem[] {
    const items = this.#head === 0 ? this.#items : this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#resumeWithRoom();
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
  async nextArrival(name: string): Promise<void> {
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
  async consume(sink: Sink): Promise<void> {
    this.#claim('consume()');
    try {
      await new Promise<void>((resolve, reject) => {
        this.#rejectConsumer = reject;
        this.#reader = { name: 'consume()', wake: () => this.#settleConsumer(resolve, reject) };
        this.#sink = sink;
        this.deliver();
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

  #settleConsumer(resolve: () => void, reject: (error: unknown) => void): void {
    if (this.#sinkBusy || this.#end === undefined || this.queuedItems > 0) return;
    try {
      if (this.finished()) resolve();
    } catch (error) {
      reject(error);
    }
  }

  #callSink(sink: Sink, item: FeedItem): void {
    // Busy while the sink runs: what it causes, by closing the feed for example, waits its turn.
    this.#sinkBusy = true;
    try {
      const pending = sink(item);
      if (pending === undefined) this.#sinkBusy = false;
      else void this.#awaitSink(pending);
    } catch (error) {
      this.#rejectConsumer(error);
    }
    if (this.#sinkBusy) this.#setPaused(true);
  }

  async #awaitSink(pending: Promise<void>): Promise<void> {
    try {
      await pending;
      this.#sinkBusy = false;
    } catch (error) {
      // The sink stays busy for good: it gets nothing more.
      this.#rejectConsumer(error);
    }
    this.deliver();
  }

  #isSinkBusy(): boolean {
    return this.#sinkBusy;
  }

  #resumeWithRoom(): void {
    if (this.#paused && this.hasRoom && !this.#sinkBusy) this.#setPaused(false);
  }

  /** Beyond this nothing more may be read. A queue that drops frames has as much again for everything else. */
  get #overLimit(): boolean {
    if (this.#limits.policy === 'pause') return this.full;
    const { limitBytes, limitItems } = this.#limits;
    return this.#bytes >= 2 * limitBytes || this.queuedItems >= 2 * limitItems;
  }

  #setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    this.#onPauseChange(paused);
  }
}

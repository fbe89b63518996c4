import type { Clock } from '@feedtape/client';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only when a test says so. */
export class SimulatedClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #timers = new Map<number, Timer>();

  now(): number {
    return this.#now;
  }

  setTimeout(run: () => void, ms: number): number {
    this.#order += 1;
    this.#timers.set(this.#order, { at: this.#now + Math.max(0, ms), order: this.#order, run });
    return this.#order;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as number);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** The process stands still: time passes and nothing happens, what is due follows late. */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass and everything happen that is due, promises included. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await flush();
    for (;;) {
      const next = [...this.#timers.values()].reduce<Timer | undefined>(
        (first, timer) =>
          timer.at <= end &&
          (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
            ? timer
            : first,
        undefined,
      );
      if (next === undefined) break;
      this.#timers.delete(next.order);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await flush();
    }
    this.#now = end;
  }
}

async function flush(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

import { setImmediate } from 'node:timers/promises';

interface Due {
  readonly atMs: number;
  readonly run: () => void;
}

/**
 * Time that goes on only when nothing is left to do: what is due next runs, then everything that follows from it,
 * then what is due after that. What is due at the same time runs in the order in which it was asked for.
 */
export class SimulatedTime {
  /** Monotonic. */
  nowMs = 0;
  /** How far the wall clock is from where it began, beside the time that has passed. */
  wallOffsetMs: number;
  #due: Due[] = [];

  constructor(wallMs: number) {
    this.wallOffsetMs = wallMs;
  }

  get wallMs(): number {
    return this.nowMs + this.wallOffsetMs;
  }

  /** Calls `run` in a later turn. Returns how to cancel that. */
  after(ms: number, run: () => void): () => void {
    const due = { atMs: this.nowMs + Math.max(0, ms), run };
    let at = this.#due.length;
    while (at > 0 && (this.#due[at - 1] as Due).atMs > due.atMs) at -= 1;
    this.#due.splice(at, 0, due);
    return () => {
      const found = this.#due.indexOf(due);
      if (found >= 0) this.#due.splice(found, 1);
    };
  }

  /** Goes on until something is so, or nothing is left, or so much time has passed. Says whether it is so. */
  async until(isSo: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.nowMs + limitMs;
    for (;;) {
      await setImmediate();
      if (isSo()) return true;
      const next = this.#due[0];
      if (next === undefined || next.atMs > endMs) {
        this.nowMs = Math.max(this.nowMs, endMs);
        return false;
      }
      this.#due.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
  }
}

import { type Clock, type Instant, STALL_MS } from '../model/clock.ts';

/** The longest wait at once. So a stall of twice as long is always noticed, whatever was due in its course. */
const LOOK_MS = 1_000;

/** The one timer of a feed. Detects that this process stood still by how late it fires. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: { readonly handle: unknown; readonly at: Instant } | undefined;
  #lookedAt: Instant;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
    this.#lookedAt = clock.now();
  }

  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  /** Rings at a moment, or earlier: it is never moved back, and ringing only makes the feed look. */
  set(moment: Instant): void {
    if (this.#timer !== undefined && this.#timer.at <= moment) return;
    this.stop();
    if (moment === Infinity) return;
    const now = this.#clock.now();
    const at = Math.min(moment, now + LOOK_MS);
    const ring = (): void => {
      // Node's timers may be early; an overdue one is taken back by the look that follows.
      if (this.#clock.now() < at) this.#timer = undefined;
      this.#ring();
    };
    const handle = this.#clock.setTimeout(ring, Math.max(0, Math.ceil(at - now)));
    this.#timer = { handle, at };
  }

  /**
   * Takes an overdue alarm back, whether it has rung or something else came first. Returns for how long this process may
   * have stood still, since the last look: 0 where it ran.
   */
  stalledMs(now: Instant): number {
    const since = now - this.#lookedAt;
    this.#lookedAt = now;
    if (this.#timer === undefined || now < this.#timer.at) return 0;
    const lateMs = now - this.#timer.at;
    this.stop();
    return lateMs >= STALL_MS ? since : 0;
  }

  stop(): void {
    const timer = this.#timer;
    this.#timer = undefined;
    if (timer !== undefined) this.#clock.clearTimeout(timer.handle);
  }
}

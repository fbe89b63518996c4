import type { Instant } from '../model/clock.ts';
import type { FrameBooks } from './frame-books.ts';

interface Pulse {
  lastAt: Instant;
  /** Running mean of the time between two frames. */
  meanMs: number;
  frames: number;
}

/** Frames of a product before its rhythm is known. */
const KNOWN_AFTER = 50;
/** This many times the usual pause is suspicious … */
const SUSPICIOUS = 40;
/** … and no pause shorter than this. */
const SHORTEST_MS = 10_000;
const WEIGHT = 1 / 16;
/** Products that nobody asked for are remembered until the next heartbeat, so many of them. */
const MOST_FOREIGN = 1_000;

/**
 * Notices that one product has gone silent while its connection lives, which has been seen on the real feed and
 * which no number shows. Measured by the product's own rhythm, because many are quiet by nature.
 */
export class ProductPulse {
  readonly #pulses = new Map<string, Pulse>();
  readonly #foreign = new Set<string>();
  readonly #isOurs: (productId: string) => boolean;

  /** @param isOurs whether a product was asked for: a server may name any number of others */
  constructor(isOurs: (productId: string) => boolean) {
    this.#isOurs = isOurs;
  }

  /** A frame about these books came. */
  hear({ productId, otherProductIds }: FrameBooks, at: Instant): void {
    if (productId !== undefined) this.beat(productId, at);
    otherProductIds?.forEach((other) => this.beat(other, at));
  }

  beat(productId: string, at: Instant): void {
    const pulse = this.#pulses.get(productId);
    if (pulse === undefined) {
      if (!this.#foreign.has(productId)) this.#meet(productId, at);
      return;
    }
    pulse.meanMs += (at - pulse.lastAt - pulse.meanMs) * WEIGHT;
    pulse.lastAt = at;
    pulse.frames += 1;
  }

  #meet(productId: string, at: Instant): void {
    if (this.#isOurs(productId)) this.#pulses.set(productId, { lastAt: at, meanMs: 0, frames: 1 });
    else if (this.#foreign.size < MOST_FOREIGN) this.#foreign.add(productId);
  }

  /** For `ms` until now no frame was read: that is nobody's silence. */
  excuse(ms: number, now: Instant): void {
    for (const pulse of this.#pulses.values()) pulse.lastAt = Math.min(pulse.lastAt + ms, now);
  }

  /** Products silent for suspiciously long; each is named once for a silence. */
  silent(now: Instant): readonly string[] {
    const found: string[] = [];
    // They may have been asked for since.
    this.#foreign.clear();
    for (const [productId, pulse] of this.#pulses) {
      const limitMs = Math.max(SHORTEST_MS, pulse.meanMs * SUSPICIOUS);
      if (!this.#isOurs(productId)) {
        this.#pulses.delete(productId);
        continue;
      }
      if (pulse.frames < KNOWN_AFTER || now - pulse.lastAt < limitMs) continue;
      this.beat(productId, now);
      found.push(productId);
    }
    return found;
  }
}

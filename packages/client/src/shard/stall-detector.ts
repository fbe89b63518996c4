import type { Instant } from '../model/clock.ts';
import type { FrameProducts } from './frame-products.ts';

interface Rhythm {
  lastAt: Instant;
  /** Running mean of the time between two frames. */
  meanMs: number;
  frames: number;
}

/** Frames of a product before its rhythm is known. */
const MIN_FRAMES = 50;
/** This many times the usual pause is suspicious … */
const STALL_FACTOR = 40;
/** … and no pause shorter than this. */
const MIN_STALL_MS = 10_000;
const MEAN_WEIGHT = 1 / 16;
/** Limit of foreign products remembered until the next heartbeat. */
const MAX_FOREIGN = 1_000;

/**
 * Notices that one product has gone silent while its connection lives, which has been seen on the real feed and
 * which no number shows. Measured by the product's own rhythm, because many are quiet by nature.
 */
export class StallDetector {
  readonly #rhythms = new Map<string, Rhythm>();
  readonly #foreign = new Set<string>();
  readonly #isOurs: (productId: string) => boolean;

  /** @param isOurs whether a product was requested: a server may name any number of others */
  constructor(isOurs: (productId: string) => boolean) {
    this.#isOurs = isOurs;
  }

  /** A frame about these products came. */
  frameReceived({ productId, otherProductIds }: FrameProducts, at: Instant): void {
    if (productId !== undefined) this.observe(productId, at);
    otherProductIds?.forEach((other) => this.observe(other, at));
  }

  observe(productId: string, at: Instant): void {
    const rhythm = this.#rhythms.get(productId);
    if (rhythm === undefined) {
      if (!this.#foreign.has(productId)) this.#startTracking(productId, at);
      return;
    }
    rhythm.meanMs += (at - rhythm.lastAt - rhythm.meanMs) * MEAN_WEIGHT;
    rhythm.lastAt = at;
    rhythm.frames += 1;
  }

  #startTracking(productId: string, at: Instant): void {
    if (this.#isOurs(productId)) this.#rhythms.set(productId, { lastAt: at, meanMs: 0, frames: 1 });
    else if (this.#foreign.size < MAX_FOREIGN) this.#foreign.add(productId);
  }

  /** Extends all waits: for `ms` until now no frame was read. */
  extendDeadlines(ms: number, now: Instant): void {
    for (const rhythm of this.#rhythms.values()) rhythm.lastAt = Math.min(rhythm.lastAt + ms, now);
  }

  /** Products silent for suspiciously long; each is named once for a silence. */
  findStalled(now: Instant): readonly string[] {
    const found: string[] = [];
    // They may have been requested since.
    this.#foreign.clear();
    for (const [productId, rhythm] of this.#rhythms) {
      const limitMs = Math.max(MIN_STALL_MS, rhythm.meanMs * STALL_FACTOR);
      if (!this.#isOurs(productId)) {
        this.#rhythms.delete(productId);
        continue;
      }
      if (rhythm.frames < MIN_FRAMES || now - rhythm.lastAt < limitMs) continue;
      this.observe(productId, now);
      found.push(productId);
    }
    return found;
  }
}

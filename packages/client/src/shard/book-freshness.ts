/** Tracks which level2 products of one shard can be trusted, across its connections. */
export class BookFreshness {
  readonly #fresh = new Set<string>();
  readonly #stale = new Set<string>();
  #silent: readonly string[] = [];

  /** Products that a snapshot is waited for. */
  get anyStale(): boolean {
    return this.#stale.size > 0;
  }

  /** A snapshot came. Whether the product was stale before, and not just unknown. */
  markFresh(productId: string): boolean {
    this.#fresh.add(productId);
    return this.#stale.delete(productId);
  }

  /** Nothing can be trusted any more; returns the products for which that is news. */
  markAllStale(): readonly string[] {
    return this.markStale([...this.#fresh]);
  }

  /** The same for some products. */
  markStale(productIds: readonly string[]): readonly string[] {
    const lost = productIds.filter((id) => this.#fresh.delete(id));
    for (const id of lost) this.#stale.add(id);
    return lost;
  }

  /** Frames stopped coming: the products that are right as far as they go, but old. */
  startSilence(): readonly string[] {
    this.#silent = [...this.#fresh];
    return this.#silent;
  }

  /** Frames come again; returns the products that silence alone had made stale. */
  endSilence(): readonly string[] {
    const silent = this.#silent;
    this.#silent = [];
    return silent.filter((id) => this.#fresh.has(id));
  }

  /** Some are not served any more; returns those that were known, right or not. */
  retain(keep: (productId: string) => boolean): readonly string[] {
    const dropped = [...this.#fresh, ...this.#stale].filter((id) => !keep(id));
    for (const id of dropped) {
      this.#fresh.delete(id);
      this.#stale.delete(id);
    }
    return dropped;
  }
}

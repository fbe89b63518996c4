/**
 * One side of a book: sizes by ascending key, the best price last, where most changes are. The key of a bid is its
 * price, that of an offer the negative, so that the best is the highest key on both sides.
 */
export interface Ladder<N extends number | bigint> {
  /** Number of levels. */
  readonly levels: number;
  /** The key of the best price; `undefined` if the side is empty. */
  readonly bestKey: N | undefined;
  /** The size at the best price. */
  readonly bestSize: N | undefined;
  set(key: N, size: N): void;
  /** Deleting an unknown level changes nothing. */
  delete(key: N): void;
  /** Key and size of each level, best first. */
  entries(): Generator<readonly [N, N], void, void>;
}

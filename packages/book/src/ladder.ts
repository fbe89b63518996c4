/**
 * One side of a book: sizes by key in ascending order, the best price last, where the traffic is. Bids are
 * kept under their price and offers under its negative, so that the best is the highest key on both sides.
 */
export interface Ladder<N extends number | bigint> {
  /** How many levels are held. */
  readonly levels: number;
  /** The key of the best price; `undefined` when the side is empty. */
  readonly bestKey: N | undefined;
  /** The size at the best price. */
  readonly bestSize: N | undefined;
  set(key: N, size: N): void;
  /** Deleting a level that is not held changes nothing. */
  delete(key: N): void;
  /** Key and size of each level, best first. */
  entries(): Generator<readonly [N, N], void, void>;
}

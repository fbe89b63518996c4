import { isProductId } from '@feedtape/protocol';

/** Names that need not be looked at again. */
const MAX_IDS = 1_000;

/** Recognises product ids, so that other text in their place, such as a quoted secret, is not passed on. */
export class ProductIdCache {
  readonly #seen = new Set<string>();

  /** Also for a frame that names no product. */
  includes(productId: string | undefined): boolean {
    if (productId === undefined || this.#seen.has(productId)) return true;
    if (!isProductId(productId)) return false;
    if (this.#seen.size < MAX_IDS) this.#seen.add(productId);
    return true;
  }
}

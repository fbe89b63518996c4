/**
 * Brings a snapshot's keys into strictly ascending order, in place: of several levels with one key the last
 * counts, and a size of 0 is no level. Returns how many are left at the front.
 */
export function sortLevels(keys: Float64Array, sizes: Float64Array): number {
  // The exchange sends each side best first, so that reversing is all there is to do.
  if (strictly(keys, -1)) {
    keys.reverse();
    sizes.reverse();
  } else if (!strictly(keys, 1)) {
    const order = Uint32Array.from(keys, (_, index) => index);
    const [keysBefore, sizesBefore] = [keys.slice(), sizes.slice()];
    order.sort((a, b) => keysBefore[a]! - keysBefore[b]! || a - b);
    for (const [to, from] of order.entries()) {
      keys[to] = keysBefore[from]!;
      sizes[to] = sizesBefore[from]!;
    }
  }
  let kept = 0;
  for (let index = 0; index < keys.length; index += 1) {
    if (sizes[index] === 0 || keys[index + 1] === keys[index]) continue;
    keys[kept] = keys[index]!;
    sizes[kept] = sizes[index]!;
    kept += 1;
  }
  return kept;
}

/** Whether the keys go in one direction without a repetition. */
function strictly(keys: Float64Array, direction: 1 | -1): boolean {
  for (let index = 1; index < keys.length; index += 1)
    if ((keys[index]! - keys[index - 1]!) * direction <= 0) return false;
  return true;
}

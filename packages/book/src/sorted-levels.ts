/**
 * Sorts a snapshot's keys into strictly ascending order, in place. Of several levels with one key the last one is kept;
 * levels of size 0 are removed. Returns how many remain.
 */
export function sortLevels(keys: Float64Array, sizes: Float64Array): number {
  // The exchange sends each side best first, so reversing is usually enough.
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

/** Whether the keys are strictly monotonic. */
function strictly(keys: Float64Array, direction: 1 | -1): boolean {
  for (let index = 1; index < keys.length; index += 1)
    if ((keys[index]! - keys[index - 1]!) * direction <= 0) return false;
  return true;
}

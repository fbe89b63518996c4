/** A range of numbers, `to` included. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/**
 * How many numbers of a range lie within others, which may overlap: a number counts as often as it is in one.
 * A question takes the logarithm of how many others there are.
 */
export function createCoverage(others: readonly NumberRange[]): (range: NumberRange) => number {
  const starts = createSteps(others.map(({ from }) => from));
  const ends = createSteps(others.map(({ to }) => to + 1));
  /** Over the numbers below `limit`. */
  const below = (limit: number): number => starts(limit) - ends(limit);
  return ({ from, to }) => (to < from ? 0 : below(to + 1) - below(from));
}

/** Sums up how far `limit` is beyond each of the points below it. */
function createSteps(points: readonly number[]): (limit: number) => number {
  const sorted = Float64Array.from(points).toSorted();
  const sums = new Float64Array(sorted.length + 1);
  for (const [index, point] of sorted.entries()) sums[index + 1] = (sums[index] ?? 0) + point;
  return (limit) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? 0) < limit) low = middle + 1;
      else high = middle;
    }
    return low * limit - (sums[low] ?? 0);
  };
}

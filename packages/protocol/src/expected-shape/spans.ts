/**
 * Where the values of an event are: pairs of a start and an end. They are found first and cut out when the whole
 * frame has turned out to be as expected, so that a frame that is not has cost no string.
 */
export interface Spans {
  positions: Int32Array;
  count: number;
}

/** An empty list, to be used for one frame after the other. */
export function newSpans(): Spans {
  return { positions: new Int32Array(256), count: 0 };
}

/** Adds a value; returns where it ends, so that a failed scan (below 0) passes through. */
export function addSpan(spans: Spans, from: number, to: number): number {
  if (spans.count === spans.positions.length) {
    const larger = new Int32Array(spans.count * 2);
    larger.set(spans.positions);
    spans.positions = larger;
  }
  spans.positions[spans.count] = from;
  spans.positions[spans.count + 1] = to;
  spans.count += 2;
  return to;
}

/** One value, cut out of a text that starts at a position. */
export function spanText({ positions }: Spans, index: number, text: string, start: number): string {
  return text.slice(positions[2 * index]! - start, positions[2 * index + 1]! - start);
}

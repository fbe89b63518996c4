import { expect, test } from 'vitest';
import * as layout from '#fast-path/scanner-layout';

/** The scratch memory in front of the compiler's own constants: see `tools/scanners/compile.ts`. */
const SCRATCH_BYTES = 240 * 1024;
const VECTOR = 16;

test('the areas of the scanner follow each other without overlap and fit the scratch memory', () => {
  const areas = [
    [0, VECTOR],
    [layout.INPUT, layout.WINDOW + VECTOR],
    [layout.VALUES, layout.WINDOW + VECTOR],
    [layout.MARKS, layout.MARKS_BYTES],
    [layout.PRICES, 8 * layout.MAX_LEVELS],
    [layout.SIZES, 8 * layout.MAX_LEVELS],
    [layout.PRICE_DECIMALS, layout.MAX_LEVELS],
    [layout.SIZE_DECIMALS, layout.MAX_LEVELS],
    [layout.SIDES, layout.MAX_LEVELS],
    [layout.HEADER, layout.HEADER_BYTES],
    [SCRATCH_BYTES, 0],
  ] as const;
  const overlaps = areas.slice(1).filter(([start], index) => start < areas[index]![0] + areas[index]![1]);
  expect(overlaps).toEqual([]);
  expect([layout.MARKS, layout.PRICES, layout.SIZES, layout.HEADER].map((start) => start % 8)).toEqual([
    0, 0, 0, 0,
  ]);
});

test('the marks of a window hold its shortest levels and trades', () => {
  expect(layout.MAX_LEVELS).toBeGreaterThanOrEqual(layout.WINDOW / 69);
  expect(layout.MARKS_BYTES).toBeGreaterThanOrEqual((layout.WINDOW / 69) * 2 * layout.MARKS_PER_LEVEL);
  expect(layout.MARKS_BYTES).toBeGreaterThanOrEqual((layout.WINDOW / 80) * 4 * layout.MARKS_PER_TRADE);
});

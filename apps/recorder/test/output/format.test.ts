import { expect, test } from 'vitest';
import { durationText } from '#output/format';

test.for([
  [0, '0s'],
  [999, '1s'],
  [90_000, '1m 30s'],
  [3_600_000, '1h'],
  [5_460_000, '1h 31m'],
  [90_061_000, '1d 1h'],
] as const)('%i ms is written as %s', ([value, text]) => {
  expect(durationText(value)).toBe(text);
});
